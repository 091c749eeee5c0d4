// Package bootstrap makes an empty AWS account ready for the first deployment: what Pulumi needs before it can run
// (a place for its state and keys for its secrets) and what GitHub Actions needs in order to run it without any
// long-lived key (an identity provider, one role a workflow, and the boundary of all roles that those make). On GitHub it
// makes the settings that these rely on.
//
// It talks to AWS directly instead of being a Pulumi program, because a program's state would need the very bucket
// that is to be made. Nothing is kept beside the account itself: each run reads what is there, and makes right what
// is missing or was changed. So it can be stopped anywhere and run again.
//
//page:none nothing was changed, and the message says why
package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/genericcorp/platform/internal/environments"
)

// State says what was found of one item, and what was done about it.
type State string

// The states of an item. A dry run tells what would be done in the same words.
const (
	InSync  State = "in sync"
	Created State = "create"
	Changed State = "change"
)

// Item is one thing in the account that has a desired state.
type Item struct {
	Resource string `json:"resource"` // such as "bucket genericcorp-platform-state-123456789012"
	Aspect   string `json:"aspect"`   // such as "versioning"
	State    State  `json:"state"`
	Found    string `json:"found,omitempty"` // what a changed item was before
}

// Report is what a run found and did.
type Report struct {
	Environment string `json:"environment"`
	Account     string `json:"account"`
	DryRun      bool   `json:"dryRun"`
	Items       []Item `json:"items"`
	// Lacks are what the account's billing has not got yet, each with what to do.
	Lacks           []string `json:"lacks"`
	Backend         string   `json:"backend"`
	SecretsProvider string   `json:"secretsProvider"`
}

// Changes counts the items that were not in sync.
func Changes(items []Item) int {
	count := 0
	for _, item := range items {
		if item.State != InSync {
			count++
		}
	}
	return count
}

// errAbsent says that a thing, or what it belongs to, does not exist.
var errAbsent = errors.New("does not exist")

// desired is one item and how to get it right.
type desired struct {
	resource, aspect string
	want             string
	same             func(found, want string) bool // nil: equal
	read             func(context.Context) (string, error)
	write            func(ctx context.Context) error
}

// account is the AWS account being made ready.
type account struct {
	Options
	iam *iam.Client
	kms *kms.Client
	s3  *s3.Client

	analyzers *accessanalyzer.Client
	threats   *guardduty.Client
}

// Run makes the account ready, or tells with dryRun what it would do.
func Run(ctx context.Context, config aws.Config, options Options, dryRun bool) (*Report, error) {
	if err := options.Check(); err != nil {
		return nil, err
	}
	config.Region = options.Region
	identity, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("ask AWS whose credentials these are: %w", err)
	}
	if found := aws.ToString(identity.Account); found != options.Account {
		return nil, fmt.Errorf("these credentials belong to account %s, but --account says %s: nothing was changed", found, options.Account)
	}
	missing, err := lacks(ctx, config, options.Account, time.Now())
	if err == nil && len(missing) > 0 && !options.BillingLater {
		err = &LacksError{Account: options.Account, Lacks: missing}
	}
	if err != nil {
		return nil, err
	}
	a := newAccount(config, options)
	report := &Report{
		Environment: options.Environment, Account: options.Account, DryRun: dryRun, Lacks: missing,
		Backend: options.Backend(), SecretsProvider: options.SecretsProvider(),
	}
	report.Items, err = reconcileAll(ctx, a.everything(), dryRun)
	return report, err
}

// Prepare makes in a local cloud's account what a deployment refers to and does not make: its roles' boundary, and the breaker.
func Prepare(ctx context.Context, config aws.Config, number string) error {
	a := newAccount(config, Options{Registry: environments.All(), Environment: environments.Local, Account: number, Region: config.Region})
	_, err := reconcileAll(ctx, append(a.managedPolicies(), a.role(a.breakerRole())...), false)
	return err
}

func newAccount(config aws.Config, options Options) *account {
	return &account{
		Options: options, iam: iam.NewFromConfig(config), kms: kms.NewFromConfig(config), analyzers: accessanalyzer.NewFromConfig(config),
		threats: guardduty.NewFromConfig(config),
		// The emulator of the local cloud serves all buckets under one host name.
		s3: s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = config.BaseEndpoint != nil }),
	}
}

// everything is all that an account needs, in the order in which it can be made.
func (a *account) everything() []desired {
	list := a.key(stateAlias, "Pulumi's state")
	list = append(list, a.key(secretsAlias, "secrets in Pulumi's state")...)
	list = append(list, a.bucket()...)
	list = append(list, a.provider()...)
	list = append(list, a.managedPolicies()...)
	for _, r := range a.roles() {
		list = append(list, a.role(r)...)
	}
	list = append(list, a.analyzer()...)
	if a.ThreatDetection {
		list = append(list, a.detector()...)
	}
	return list
}

// reconcileAll gets every item right, in order, and tells what it came to before it failed.
func reconcileAll(ctx context.Context, list []desired, dryRun bool) ([]Item, error) {
	items := make([]Item, 0, len(list))
	for _, w := range list {
		item, err := w.reconcile(ctx, dryRun)
		if err != nil {
			return items, fmt.Errorf("%s, %s: %w", w.resource, w.aspect, err)
		}
		items = append(items, item)
	}
	return items, nil
}

// reconcile reads one item and gets it right unless it is.
func (w desired) reconcile(ctx context.Context, dryRun bool) (Item, error) {
	item := Item{Resource: w.resource, Aspect: w.aspect, State: InSync}
	found, err := w.read(ctx)
	same := w.same
	if same == nil {
		same = func(found, want string) bool { return found == want }
	}
	switch {
	case errors.Is(err, errAbsent) && w.want == "":
		return item, nil
	case errors.Is(err, errAbsent):
		item.State = Created
	case err != nil:
		return item, fmt.Errorf("read: %w", err)
	case same(found, w.want):
		return item, nil
	case found == "":
		item.State = Created
	default:
		item.State, item.Found = Changed, found
	}
	if dryRun {
		return item, nil
	}
	if err := w.write(ctx); err != nil {
		return item, fmt.Errorf("write: %w", err)
	}
	return item, nil
}
