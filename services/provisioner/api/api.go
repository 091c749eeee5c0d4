// Package api is what the provisioner of tenants understands and answers. The Lambda function, the component that
// invokes it declaratively and the operator's command share it; it knows neither AWS nor PostgreSQL.
//
//page:none nobody should make such a request, and the message says what is right
package api

import (
	"slices"
	"time"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/tiers"
)

// Action is what the provisioner is to do.
type Action string

const (
	// ActionApply makes the tenant as the request says, whatever was there before: create, tier change, suspend, resume
	// and rotate are all this action. The declarative path takes it for create and update.
	ActionApply Action = "apply"
	// ActionDelete removes the tenant. It refuses while the schema holds anything that no verified archive holds too.
	ActionDelete Action = "delete"
	// ActionArchive exports the tenant's schema to the archive bucket and verifies what it wrote.
	ActionArchive Action = "archive"
	// ActionRestore brings an archive back into the empty schema of a tenant, the same or another. Until it is whole, the
	// tenant cannot log in. The same call goes on with one that was interrupted; with another archive it begins anew.
	ActionRestore Action = "restore"
	// ActionRecord tells what was last applied to one tenant. It measures nothing, so it waits for nothing that the tenant
	// does.
	ActionRecord Action = "record"
	// ActionShow tells about one tenant, measured: size, connections, archives, and what differs from what was applied.
	ActionShow Action = "show"
	// ActionList tells about every tenant.
	ActionList Action = "list"
	// ActionCheck tells what in the database differs from what was applied, for one tenant or, without one, for all.
	ActionCheck Action = "check"
	// ActionCleanUp lets a tenant that is over its storage free space, for a while: also one that had lost this because it
	// grew.
	ActionCleanUp Action = "clean-up"
	// ActionSweep enforces what PostgreSQL alone does not: ends statements and transactions beyond a tenant's limits
	// and makes tenants read-only that have passed their storage, or cost too much. It is meant to run every minute.
	ActionSweep Action = "sweep"
	// ActionUsage tells what the ledger has of a time: of each tenant or, with a tenant, of its hours.
	ActionUsage Action = "usage"
	// ActionServed tells of each tenant how it was served in a time.
	ActionServed Action = "served"
	// ActionPublishPrices tells the breaker what the environment costs.
	ActionPublishPrices Action = "publish-prices"
	// ActionPrices tells what was published last or, with Since, what held in the month from then on.
	ActionPrices Action = "prices"
	// ActionReports tells which days' reports were mailed.
	ActionReports Action = "reports"
	// ActionNoteReport claims a day's report, or notes what became of it.
	ActionNoteReport Action = "note-report"
	// ActionBreaker tells how the tenants stand that the breaker decides on.
	ActionBreaker Action = "breaker"
	// ActionBreakerLog tells what the breaker did: to all, or to one tenant.
	ActionBreakerLog Action = "breaker-log"
	// ActionOverride lets a tenant go on working until a time, whatever it costs, or, without a tenant, the environment.
	ActionOverride Action = "override"
	// ActionEndOverride ends that before.
	ActionEndOverride Action = "end-override"
	// ActionMigrate brings the schemas of all tenants to a list of migrations, or as many as it has time for: then the same call goes on.
	ActionMigrate Action = "migrate"
	// ActionBeginMigrations brings a new tenant to the list that the last migrate has ended with. One that has a history is left as it is.
	ActionBeginMigrations Action = "begin-migrations"
	// ActionMigrations tells how tenants stand with their migrations.
	ActionMigrations Action = "migrations"
	// ActionHoldMigrations keeps migrations from a tenant until they are resumed.
	ActionHoldMigrations Action = "hold-migrations"
	// ActionResumeMigrations lets the next migration try a tenant again that is held.
	ActionResumeMigrations Action = "resume-migrations"
	// ActionHold has one of the platform's own programs hold a tenant to a state, whatever the tenant's own state is, or let it go.
	ActionHold Action = "hold"
	// ActionBillTo says where a tenant's invoices go; without an address, that nobody knows.
	ActionBillTo Action = "bill-to"
	// ActionApplyService makes what a program of the platform's own has on the server, or changes it: its databases, and the role that
	// owns them.
	ActionApplyService Action = "apply-service"
	// ActionDeleteService ends the service's sessions and closes its databases. What is in them is dropped unless the request keeps it.
	ActionDeleteService Action = "delete-service"
)

// MainDatabase is the name, in the settings, of an environment's first database, and of the only one for now.
const MainDatabase = "main"

// DatabaseExpected says which databases a tenant can live in.
const DatabaseExpected = MainDatabase + ", the only database for now"

// MaxPasswordVersion is far beyond what anyone rotates and far below what overflows.
const MaxPasswordVersion = 1_000_000

// State is whether a tenant may work.
type State string

// MostLookAgainSeconds is how long sweep waits at most: the next one comes after a minute.
const MostLookAgainSeconds = 30

const (
	// StateActive tenants read and write within their tier's limits.
	StateActive State = "active"
	// StateLimited tenants read, on one connection, and cannot write.
	StateLimited State = "limited"
	// StateSuspended tenants cannot log in, and their sessions are ended.
	StateSuspended State = "suspended"
)

// Valid says whether a tenant can be in that state.
func (s State) Valid() bool {
	return s == StateActive || s == StateLimited || s == StateSuspended
}

// Strictest is the state that holds of a tenant's own and those to which others hold it; one of theirs that is empty holds it to nothing.
func Strictest(own State, others ...State) State {
	for _, state := range []State{StateSuspended, StateLimited} {
		if own == state || slices.Contains(others, state) {
			return state
		}
	}
	return own
}

// Limits are the database's part of a tier, in PostgreSQL's own units.
type Limits struct {
	Connections                int `json:"connections"`
	StatementTimeoutMs         int `json:"statementTimeoutMs"`
	IdleInTransactionTimeoutMs int `json:"idleInTransactionTimeoutMs"`
	TempFileLimitKiB           int `json:"tempFileLimitKiB"`
	WorkMemKiB                 int `json:"workMemKiB"`
	StorageMiB                 int `json:"storageMiB"`
}

// Beside are new tenants that are to come with another.
type Beside struct {
	Tenants     int `json:"tenants"`
	Connections int `json:"connections"` // of all of them together
}

// LimitsOf takes the database's part of a tier's limits.
func LimitsOf(tier tiers.Tier) Limits {
	return Limits{
		Connections:                tier.Limits.Connections,
		StatementTimeoutMs:         int(tier.Limits.StatementTimeout / time.Millisecond),
		IdleInTransactionTimeoutMs: int(tier.Limits.IdleInTransactionTimeout / time.Millisecond),
		TempFileLimitKiB:           tier.Limits.TempFileMiB * 1024,
		WorkMemKiB:                 tier.Limits.WorkMemKiB,
		StorageMiB:                 tier.Limits.StorageMiB,
	}
}

// Request is one call. Which fields an action takes is said by Validate.
type Request struct {
	// Action may be left out where the call comes from a resource with the life cycle of create, update and delete:
	// then "tf" says it.
	Action Action `json:"action,omitempty"`
	// Tenant is the tenant's slug.
	Tenant string `json:"tenant,omitempty"`
	// Database is the database that the tenant lives in, by its name in the settings: MainDatabase when empty.
	Database string `json:"database,omitempty"`
	// Tier is the name of the tier that the limits come from, for people who read a list.
	Tier      string `json:"tier,omitempty"`
	State     State  `json:"state,omitempty"`
	SecretARN string `json:"secretArn,omitempty"`
	// Reason and By say why a tenant is suspended, limited or let go on working, and by whom: a line each, for operators' eyes alone.
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`
	Limits Limits `json:"limits,omitzero"`
	// PasswordVersion counts the tenant's passwords from 1; a higher one than before makes a new password.
	PasswordVersion int `json:"passwordVersion,omitempty"`
	// DryRun has apply, delete, archive and restore look for what would refuse them, and change nothing: the error says why.
	// Of an archive the answer tells what it would hold, of migrate which migrations each tenant would get. Apply looks whether the database has room for the tenant, and needs
	// no secret for that.
	DryRun bool `json:"dryRun,omitempty"`
	// Beside are other new tenants that the database shall have room for too; only a dry run of apply takes them.
	Beside Beside `json:"beside,omitzero"`
	// ArchiveKey is the key of the archive to restore, as the archive action answered it.
	ArchiveKey string `json:"archiveKey,omitempty"`
	// Host has archive read the tenant from another server: one that was restored from the database's backups. Empty: from
	// the database itself.
	Host string `json:"host,omitempty"`
	// Run is of whoever restores or migrates: calls of another one are refused while its calls follow one another. Any text.
	Run string `json:"run,omitempty"`
	// Service is the program of the platform's own that the call is about. SecretARN and PasswordVersion are its own then.
	Service *Service `json:"service,omitempty"`
	// Usage is the time that the actions usage and served are about.
	Usage *UsageQuery `json:"usage,omitempty"`
	// Prices is what publish-prices publishes.
	Prices *pricesheet.Sheet `json:"prices,omitempty"`
	// Since has prices tell all that held in the month from then on.
	Since time.Time `json:"since,omitzero"`
	// Report is what note-report notes.
	Report *Report `json:"report,omitempty"`
	// Migrate is what migrate brings tenants to, and how resume-migrations puts one right.
	Migrate *Migrate `json:"migrate,omitempty"`
	// Holder is who holds the tenant, or lets it go.
	Holder Holder `json:"holder,omitempty"`
	// BillingEmail is where the tenant's invoices go. No error or log has it.
	BillingEmail string `json:"billingEmail,omitempty"`
	// Until is when an override ends.
	Until time.Time `json:"until,omitzero"`
	// LookAgainSeconds has sweep look once more at what tenants cost, so long after it is done; 0: it does not.
	LookAgainSeconds int `json:"lookAgainSeconds,omitempty"`
	// Declared says that a resource's life cycle asks, which calls once.
	Declared bool `json:"-"`
}

// Response is the answer. It never holds a secret.
type Response struct {
	// Tenant is the one tenant that the call was about.
	Tenant *Tenant `json:"tenant,omitempty"`
	// Tenants are all, by slug.
	Tenants []Tenant `json:"tenants,omitempty"`
	// Unfinished says that the function had no time to do all: the same call goes on. Nothing else is told then.
	Unfinished *Progress `json:"unfinished,omitempty"`
	// Archive is what was written or restored.
	Archive *Archive `json:"archive,omitempty"`
	// Archives are the tenant's archives, oldest first.
	Archives []Archive `json:"archives,omitempty"`
	// Usage is what the ledger has.
	Usage []Usage `json:"usage,omitempty"`
	// Served is how tenants were served.
	Served []Served `json:"served,omitempty"`
	// Breaker is how tenants stand with the breaker, or what it did.
	Breaker *Breaker `json:"breaker,omitempty"`
	// Prices are what the environment costs; nil: nobody has published it.
	Prices *pricesheet.Sheet `json:"prices,omitempty"`
	// Held are the prices that held in the month that was asked about, the earliest first.
	Held []pricesheet.Sheet `json:"held,omitempty"`
	// Reports are the mails of days, the latest first.
	Reports []Report `json:"reports,omitempty"`
	// Migrated is how tenants stand with their migrations.
	Migrated *Migrated `json:"migrated,omitempty"`
	// Problems are the differences that check found and the limits that sweep enforced, each a sentence.
	Problems []string `json:"problems,omitempty"`
	// Warnings are what could not be had on this server and why, each a sentence.
	Warnings []string `json:"warnings,omitempty"`
}

// Progress is how far a call came, in bytes.
type Progress struct {
	Doing string `json:"doing"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// Tenant is what is known about a tenant. Size, Tables, Sessions and ExceedsStorage are measured by show and list alone.
type Tenant struct {
	Slug            string `json:"slug"`
	Database        string `json:"database"` // by its name in the settings
	Tier            string `json:"tier"`
	State           State  `json:"state"`
	Schema          string `json:"schema"`
	Role            string `json:"role"`
	SecretARN       string `json:"secretArn"` // where its workloads read their connection
	Limits          Limits `json:"limits"`
	PasswordVersion int    `json:"passwordVersion"`
	OverStorage     bool   `json:"overStorage"`  // read-only until it holds less again or has a larger tier
	LoginBlocked    bool   `json:"loginBlocked"` // besides, it grew while it was read-only, and may not log in
	// Reason says why the tenant may do less than its tier allows; empty: it may do all that.
	Reason         string    `json:"reason"`
	Hold           *Hold     `json:"hold,omitempty"`    // of one that is suspended or limited, since when that is noted
	Breaker        State     `json:"breaker,omitempty"` // to which the breaker holds it, whatever its own state: limited or suspended
	Holds          []Held    `json:"holds,omitempty"`   // by others of the platform's programs, likewise
	BillingEmail   string    `json:"billingEmail,omitempty"`
	CreatedAt      time.Time `json:"createdAt"`
	SizeBytes      int64     `json:"sizeBytes"`
	Tables         int       `json:"tables"`
	Sessions       int       `json:"sessions"`
	ExceedsStorage bool      `json:"exceedsStorage"` // as measured: overStorage follows with the next sweep
}

// Hold is why a tenant was suspended or limited, for operators. Why and By may be empty: nobody has said.
type Hold struct {
	Why   string    `json:"why"`
	By    string    `json:"by"`
	Since time.Time `json:"since"`
}

// Archive is one export of a schema, as its manifest tells.
type Archive struct {
	Key           string    `json:"key"` // archives/<environment>/<slug>/<time>.sql.gz
	Tenant        string    `json:"tenant"`
	CreatedAt     time.Time `json:"createdAt"`
	Bytes         int64     `json:"bytes"`         // compressed
	SHA256        string    `json:"sha256"`        // of the compressed bytes
	ContentSHA256 string    `json:"contentSha256"` // of the SQL
	Tables        int       `json:"tables"`
	Rows          int64     `json:"rows"`
}
