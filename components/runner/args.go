package runner

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// RunnerArgs says whose jobs run where.
type RunnerArgs struct {
	Environment string // names the project, which the jobs name in turn
	Region      string // "us-east-1"
	AccountID   string // twelve digits

	// Repository is the one on GitHub whose jobs run here: "owner/name".
	Repository string
	// ConnectionARN is a connection of AWS CodeConnections to GitHub, in this account and region, which a person has authorised for
	// the repository. It takes the place of a token.
	ConnectionARN string
	// Workflows are the names of the workflows whose jobs run here. Whoever may push a branch can name a workflow like one of them:
	// such a job reaches the cluster's API, but gets no role to speak to it with.
	Workflows []string
	// Concurrency is how many jobs run at once: 2 when zero. A new AWS account has a quota of its own.
	Concurrency int
	// TimeoutMinutes ends a job: 240 when zero, as long as an upgrade of the cluster may take.
	TimeoutMinutes int

	VpcID            pulumi.StringInput
	PrivateSubnetIDs pulumi.StringArrayInput
	// APISecurityGroupID is the group of the cluster's API, which lets the jobs in.
	APISecurityGroupID pulumi.StringInput

	LogKeyARN        pulumi.StringInput
	LogRetentionDays int                // loggroup.DefaultRetentionDays when zero
	AlarmTopicARN    pulumi.StringInput // is told when a job could not start or ran out of time
}

const (
	defaultConcurrency = 2
	maxConcurrency     = 20
	defaultTimeout     = 240
	minTimeout         = 5
	maxTimeout         = 480
	maxWorkflows       = 20
)

// withDefaults fills in what was left out.
func (a *RunnerArgs) withDefaults() RunnerArgs {
	if a == nil {
		a = &RunnerArgs{}
	}
	full := *a
	full.Concurrency = cmp.Or(full.Concurrency, defaultConcurrency)
	full.TimeoutMinutes = cmp.Or(full.TimeoutMinutes, defaultTimeout)
	full.LogRetentionDays = cmp.Or(full.LogRetentionDays, loggroup.DefaultRetentionDays)
	return full
}

// validate gives all problems at once.
func (a *RunnerArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("runner %q: ", name))
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	awsvalue.Region.Check(p, "region", a.Region)
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	a.Check(p)
	p.List("workflows", a.Workflows, 1, maxWorkflows, fmt.Sprintf("1 to %d different names", maxWorkflows), "a workflow's name of lower-case letters and hyphens",
		awsvalue.Hyphenated.Valid)
	p.Between("timeoutMinutes", a.TimeoutMinutes, minTimeout, maxTimeout)
	awsvalue.CheckLogRetention(p, "logRetentionDays", a.LogRetentionDays)
	p.Require(a.VpcID != nil, "vpcId", nil, "the id of a VPC")
	p.Require(a.PrivateSubnetIDs != nil, "privateSubnetIds", nil, "the ids of private subnets")
	p.Require(a.APISecurityGroupID != nil, "apiSecurityGroupId", nil, "the id of the security group of the cluster's API")
	p.Require(a.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.AlarmTopicARN != nil, "alarmTopicArn", nil, "the ARN of an SNS topic")
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *RunnerArgs) Check(p *check.Problems) {
	awsvalue.Repository.Check(p, "repository", a.Repository)
	awsvalue.ConnectionARN.Check(p, "connectionArn", a.ConnectionARN)
	if awsvalue.ConnectionARN.Valid(a.ConnectionARN) && awsvalue.Region.Valid(a.Region) && awsvalue.AccountID.Valid(a.AccountID) {
		awsvalue.ConnectionARNOf(a.Region, a.AccountID).Check(p, "connectionArn", a.ConnectionARN)
	}
	p.Between("concurrency", a.Concurrency, 1, maxConcurrency)
}

// inputs are the choices that the engine and policies see.
func (a *RunnerArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"environment":      pulumi.String(a.Environment),
		"repository":       pulumi.String(a.Repository),
		"connectionArn":    pulumi.String(a.ConnectionARN),
		"workflows":        pulumi.ToStringArray(a.Workflows),
		"concurrency":      pulumi.Int(a.Concurrency),
		"timeoutMinutes":   pulumi.Int(a.TimeoutMinutes),
		"logRetentionDays": pulumi.Int(a.LogRetentionDays),
	}
}
