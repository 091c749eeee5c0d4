package function

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// Settings say where a service's function runs and what watches it. A service's component embeds them in its arguments.
type Settings struct {
	Environment string // names the function
	Region      string // "us-east-1"
	AccountID   string // twelve digits

	// Artifact is the function's archive, a path in the project's folder: artifact.Path(service, Architecture) when empty.
	Artifact     string
	Architecture artifact.Architecture // artifact.ARM64 when empty

	PrivateSubnetIDs pulumi.StringArrayInput
	SecurityGroupID  pulumi.StringInput // lets it reach what it works with, and AWS's services

	// ReservedConcurrency is how many calls run at once, none of which anything else of the account can take away: 10 when
	// zero. Unreserved takes what the account has left.
	ReservedConcurrency int

	LogKeyARN        pulumi.StringInput
	LogRetentionDays int // loggroup.DefaultRetentionDays when zero
	AlarmTopicARN    pulumi.StringInput
}

// Unreserved is a ReservedConcurrency: nothing is set aside. New AWS accounts have nothing to set aside.
const Unreserved = -1

// MaxReserved is the most that may be set aside.
const MaxReserved = 100

const defaultConcurrency = 10

// Name is the name of a service's function. It is fixed so that people and commands find it without reading the state, and
// its log group can stand before it.
func Name(environment, region, service string) string {
	return naming.Join(naming.MaxLambdaFunction, "platform", environment, region, service)
}

// WithDefaults fills in what was left out of the settings of a service.
func (s Settings) WithDefaults(service string) Settings {
	s.Architecture = cmp.Or(s.Architecture, artifact.ARM64)
	s.Artifact = cmp.Or(s.Artifact, artifact.Path(service, s.Architecture))
	s.ReservedConcurrency = cmp.Or(s.ReservedConcurrency, defaultConcurrency)
	s.LogRetentionDays = cmp.Or(s.LogRetentionDays, loggroup.DefaultRetentionDays)
	return s
}

// Check records what is wrong with full settings, by the inputs' names.
func (s Settings) Check(p *check.Problems) {
	awsvalue.EnvironmentName.Check(p, "environment", s.Environment)
	awsvalue.Region.Check(p, "region", s.Region)
	awsvalue.AccountID.Check(p, "accountId", s.AccountID)
	p.Require(s.Architecture.Valid(), "architecture", string(s.Architecture), artifact.ArchitectureExpected)
	p.Require(s.ReservedConcurrency == Unreserved || s.ReservedConcurrency >= 1 && s.ReservedConcurrency <= MaxReserved,
		"reservedConcurrency", s.ReservedConcurrency, fmt.Sprintf("1 to %d, or -1 for none", MaxReserved))
	awsvalue.CheckLogRetention(p, "logRetentionDays", s.LogRetentionDays)
	p.Require(s.PrivateSubnetIDs != nil, "privateSubnetIds", nil, "the ids of private subnets")
	p.Require(s.SecurityGroupID != nil, "securityGroupId", nil, "the id of a security group")
	p.Require(s.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key")
	p.Require(s.AlarmTopicARN != nil, "alarmTopicArn", nil, "the ARN of a topic")
}

// Inspect refuses an archive that Lambda could not run. Call it before anything is registered.
func (s Settings) Inspect(ctx *pulumi.Context, service string) error {
	root := ctx.RootDirectory()
	if root == "" { // the operator's command has built it, and names no root
		return nil
	}
	path := filepath.Join(root, s.Artifact)
	if err := artifact.Inspect(path, s.Architecture); err != nil {
		return fmt.Errorf("the %s's archive %s cannot be deployed: %w\nbuild it with `make %s ARCHITECTURE=%s`", service, path, err, service, s.Architecture)
	}
	return nil
}

// Inputs adds the choices that the engine and policies see to those of the service.
func (s Settings) Inputs(own pulumi.Map) pulumi.Map {
	own["environment"] = pulumi.String(s.Environment)
	own["region"] = pulumi.String(s.Region)
	own["accountId"] = pulumi.String(s.AccountID)
	own["artifact"] = pulumi.String(s.Artifact)
	own["architecture"] = pulumi.String(s.Architecture)
	own["reservedConcurrency"] = pulumi.Int(s.ReservedConcurrency)
	own["logRetentionDays"] = pulumi.Int(s.LogRetentionDays)
	return own
}
