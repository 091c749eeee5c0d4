package bootstrap

import (
	"regexp"
	"strings"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/environments"
)

// Options say which account is made ready for which environment.
type Options struct {
	Registry    environments.Registry // the environments that there are
	Environment string                // one of them; each has an account of its own
	Account     string                // the account's number; the credentials in use must belong to it
	Region      string                // where the state and its keys are kept
	Repository  string                // owner/name on GitHub, whose workflows may deploy
	Branch      string                // the branch whose workflow files may deploy
	// ThreatDetection has GuardDuty watch the account and region, for a price by what it reads. Without it nothing is switched off.
	ThreatDetection bool
	// BillingLater makes the account ready although its billing is not.
	BillingLater bool
}

var branchName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$`)

// Check returns every mistake at once.
func (o Options) Check() error {
	p := check.Under("--")
	_, known := o.Registry.Find(o.Environment)
	p.Require(known, "env", o.Environment, "one of "+strings.Join(o.Registry.Names(), ", "))
	awsvalue.AccountID.Check(p, "account", o.Account)
	awsvalue.Region.Check(p, "region", o.Region)
	awsvalue.Repository.Check(p, "repository", o.Repository)
	p.Require(isBranch(o.Branch), "branch", o.Branch, "the name of a branch, without wildcards")
	return p.Err()
}

func isBranch(name string) bool { return branchName.MatchString(name) && !strings.Contains(name, "..") }

// Bucket is the name of the bucket that keeps the state. The names of buckets are shared by all accounts and regions of
// AWS, so it carries both: when a region is lost, another one gets a state of its own.
func (o Options) Bucket() string { return "genericcorp-platform-state-" + o.Account + "-" + o.Region }

// Backend is the address of the state, for PULUMI_BACKEND_URL.
func (o Options) Backend() string { return "s3://" + o.Bucket() + "?region=" + o.Region }

// SecretsProvider is what encrypts the secrets in the state, for `pulumi stack init --secrets-provider`.
func (o Options) SecretsProvider() string { return "awskms:///" + secretsAlias + "?region=" + o.Region }

// production says whether the environment is one of production.
func (o Options) production() bool { return o.Registry.IsProduction(o.Environment) }

func (o Options) arn(service, region, resource string) string {
	return "arn:aws:" + service + ":" + region + ":" + o.Account + ":" + resource
}

func (o Options) rootARN() string { return o.arn("iam", "", "root") }
