package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// lifecycle is what a resource aws.lambda.Invocation with lifecycleScope CRUD adds to its input.
type lifecycle struct {
	Action    string          `json:"action"`
	PrevInput json.RawMessage `json:"prev_input"`
}

// Parse reads a call strictly: the JSON of a Request, with the key "tf" besides where it comes from a resource's life
// cycle. What it gives is valid; the error names every mistake.
func Parse(payload []byte) (Request, error) {
	var event struct {
		Request
		TF *lifecycle `json:"tf"`
	}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&event); err != nil {
		return Request{}, fmt.Errorf("read the request: %w", err)
	}
	request := event.Request
	if request.Declared = event.TF != nil; request.Declared {
		if err := request.follow(*event.TF); err != nil {
			return Request{}, err
		}
	}
	return request, request.Validate()
}

// follow takes the action from the resource's life cycle.
func (r *Request) follow(life lifecycle) error {
	if r.Action != "" && r.Action != ActionApply && r.Action != ActionApplyService {
		return fmt.Errorf("action %q cannot be declared by a resource: declare apply or apply-service, and call the function for the rest", r.Action)
	}
	apply, remove := ActionApply, ActionDelete
	if r.Action == ActionApplyService {
		apply, remove = ActionApplyService, ActionDeleteService
	}
	switch life.Action {
	case "create":
		r.Action = apply
	case "update":
		r.Action = apply
		return r.sameTenant(life.PrevInput)
	case "delete":
		r.Action = remove
	default:
		return fmt.Errorf("tf.action: got %q, expected create, update or delete", life.Action)
	}
	return nil
}

// sameTenant refuses to turn one tenant into another, which would leave the first without a stack.
func (r *Request) sameTenant(previous json.RawMessage) error {
	var before Request
	if len(previous) == 0 || string(previous) == "null" {
		return nil
	}
	if err := json.Unmarshal(previous, &before); err != nil {
		return fmt.Errorf("read tf.prev_input: %w", err)
	}
	if before.Tenant != r.Tenant {
		return fmt.Errorf("tenant %q cannot become %q: create the new one and restore an archive of the old one into it", before.Tenant, r.Tenant)
	}
	return nil
}

// ReasonExpected is what a reason may be.
const ReasonExpected = "a line of at most 200 printable characters"

// CheckReason refuses what does not fit into a line: of a reason, or of a name.
func CheckReason(text string) error {
	const most = 200
	if utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("got %+q, expected %s", text, ReasonExpected)
	}
	return nil
}

// Validate tells every mistake of the request.
func (r Request) Validate() error {
	p := check.Under("request.")
	r.checkOptions(p)
	switch r.Action {
	case ActionApply:
		p.Add(slug.Check(r.Tenant))
		r.checkApply(p)
	case ActionDelete, ActionArchive, ActionRecord, ActionShow, ActionCleanUp, ActionBillTo, ActionHold, ActionHoldMigrations, ActionResumeMigrations, ActionBeginMigrations:
		p.Add(slug.Check(r.Tenant))
	case ActionRestore:
		p.Add(slug.Check(r.Tenant))
		p.Require(strings.HasPrefix(r.ArchiveKey, "archives/") && strings.HasSuffix(r.ArchiveKey, ".sql.gz"), "archiveKey", r.ArchiveKey,
			"archives/<environment>/<slug>/<time>.sql.gz")
	case ActionCheck, ActionBreakerLog, ActionOverride, ActionEndOverride: // without a tenant: about all, or the environment
		if r.Tenant != "" {
			p.Add(slug.Check(r.Tenant))
		}
	case ActionUsage:
		if r.Tenant != "" {
			p.Add(slug.Check(r.Tenant))
		}
		r.checkUsage(p)
	case ActionServed:
		p.Require(r.Tenant == "", "tenant", r.Tenant, "none: the action is about all")
		r.checkUsage(p)
	case ActionList, ActionSweep, ActionBreaker, ActionPublishPrices, ActionPrices, ActionReports, ActionNoteReport, ActionMigrate, ActionMigrations:
		p.Require(r.Tenant == "", "tenant", r.Tenant, "none: the action is about all")
	case ActionApplyService, ActionDeleteService:
		p.Require(r.Tenant == "", "tenant", r.Tenant, "none: the action is about a service")
		r.checkService(p)
	default:
		p.Add(errors.New("request.action: got \"" + string(r.Action) + "\", expected apply, delete, archive, restore, record, show, list, check, clean-up, sweep, usage, served, publish-prices, " +
			"prices, reports, note-report, breaker, breaker-log, override, end-override, hold, bill-to, migrate, begin-migrations, migrations, hold-migrations, resume-migrations, apply-service or delete-service"))
	}
	return p.Err()
}

// checkOptions requires that what some actions alone take is with one of them.
func (r Request) checkOptions(p *check.Problems) {
	tried := slices.Contains([]Action{ActionApply, ActionDelete, ActionArchive, ActionRestore, ActionMigrate}, r.Action)
	p.Require(!r.DryRun || tried, "dryRun", r.DryRun, "false: only apply, delete, archive, restore and migrate can be tried")
	for _, said := range []struct{ key, value string }{{"reason", r.Reason}, {"by", r.By}} {
		p.Require(said.value == "" || r.takesReason(), said.key, said.value, "none: only a tenant that is suspended, limited or held has one, and an override")
		p.Require(CheckReason(said.value) == nil, said.key, said.value, ReasonExpected)
	}
	if r.Service != nil {
		ofService := r.Action == ActionApplyService || r.Action == ActionDeleteService
		p.Require(ofService, "service", r.Service.Name, "none: only apply-service and delete-service are about one")
	}
	r.checkPrices(p)
	r.checkOverride(p)
	r.checkReport(p)
	r.checkMigrate(p)
	r.checkHold(p)
	r.checkBillingEmail(p)
	p.Require(r.LookAgainSeconds == 0 || r.Action == ActionSweep, "lookAgainSeconds", r.LookAgainSeconds, "none: only sweep looks again")
	p.Between("lookAgainSeconds", r.LookAgainSeconds, 0, MostLookAgainSeconds)
	p.Require(r.Usage == nil || r.Action == ActionUsage || r.Action == ActionServed, "usage", "a time", "none: only usage and served are about one")
	p.Require(r.Run == "" || r.Action == ActionRestore || r.Action == ActionMigrate, "run", r.Run, "none: only restore and migrate take it")
	r.checkBeside(p)
	p.Require(r.Host == "" || r.Action == ActionArchive && !r.DryRun, "host", r.Host, "none: only archive reads another server")
}

func (r Request) checkBeside(p *check.Problems) {
	p.Require(r.Beside == Beside{} || r.Action == ActionApply && r.DryRun, "beside", r.Beside, "none: only a dry run of apply looks for room for several")
	p.Require(r.Beside.Tenants >= 0 && r.Beside.Connections >= 0, "beside", r.Beside, "counts of 0 and above")
}

// takesReason tells whether the request says why, and who says so.
func (r Request) takesReason() bool {
	return (r.Action == ActionApply || r.Action == ActionHold) && r.State != StateActive || r.Action == ActionOverride || r.Action == ActionEndOverride || r.Action == ActionHoldMigrations
}

func (r Request) checkApply(p *check.Problems) {
	p.Require(r.State.Valid(), "state", string(r.State), "active, limited or suspended")
	p.Require(r.Database == "" || r.Database == MainDatabase, "database", r.Database, DatabaseExpected)
	p.Require(r.Tier != "", "tier", r.Tier, "the name of the tier")
	p.Require(r.DryRun || strings.HasPrefix(r.SecretARN, "arn:"), "secretArn", r.SecretARN, "the ARN of the tenant's secret")
	p.Between("passwordVersion", r.PasswordVersion, 1, MaxPasswordVersion)
	// The upper bounds are PostgreSQL's own.
	for _, limit := range []struct {
		key              string
		value, low, high int
	}{
		{"connections", r.Limits.Connections, 1, 1000},
		{"statementTimeoutMs", r.Limits.StatementTimeoutMs, 1, 1<<31 - 1},
		{"idleInTransactionTimeoutMs", r.Limits.IdleInTransactionTimeoutMs, 1, 1<<31 - 1},
		{"tempFileLimitKiB", r.Limits.TempFileLimitKiB, 1, 1<<31 - 1},
		{"workMemKiB", r.Limits.WorkMemKiB, 64, 1<<31 - 1},
		{"storageMiB", r.Limits.StorageMiB, 1, 1<<31 - 1},
	} {
		p.Between("limits."+limit.key, limit.value, limit.low, limit.high)
	}
}
