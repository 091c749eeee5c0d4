package monitoring

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// MonitoringArgs says what is watched.
type MonitoringArgs struct {
	Region    string // "us-east-1"
	AccountID string // twelve digits

	AlertTopicARN pulumi.StringInput // where alarms go
	CostTopicARN  pulumi.StringInput // whose deliveries are watched too
	ClusterName   pulumi.StringInput
	DatabaseID    pulumi.StringInput // the database's instance identifier
	CacheID       pulumi.StringInput // the cache's replication group

	TrailKeyARN pulumi.StringInput // KMS key of the audit trail; lets CloudTrail in
	LogKeyARN   pulumi.StringInput // KMS key of the trail's log group; lets CloudWatch Logs in

	// TrailRetentionDays is how long the audit trail is kept in its bucket: 400 when zero, which is over a year.
	TrailRetentionDays int
	// TrailLogRetentionDays is how long the trail can also be searched in CloudWatch Logs, which costs by the
	// gigabyte. Zero: it goes to its bucket alone.
	TrailLogRetentionDays int
	// DeletionProtection keeps destroy from deleting the audit trail; without it, what it holds goes with it. True when nil.
	DeletionProtection *bool
}

const (
	defaultTrailDays = 400
	minTrailDays     = 90
	maxTrailDays     = 3653
)

// withDefaults fills in what was left out.
func (a *MonitoringArgs) withDefaults() MonitoringArgs {
	if a == nil {
		a = &MonitoringArgs{}
	}
	full := *a
	if full.TrailRetentionDays == 0 {
		full.TrailRetentionDays = defaultTrailDays
	}
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	return full
}

// validate gives all problems at once.
func (a *MonitoringArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("monitoring %q: ", name))
	awsvalue.Region.Check(p, "region", a.Region)
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	for _, required := range []struct {
		input    string
		value    pulumi.StringInput
		expected string
	}{
		{"alertTopicArn", a.AlertTopicARN, "the ARN of an SNS topic"},
		{"costTopicArn", a.CostTopicARN, "the ARN of an SNS topic"},
		{"clusterName", a.ClusterName, "the name of an EKS cluster"},
		{"databaseId", a.DatabaseID, "the identifier of an RDS instance"},
		{"cacheId", a.CacheID, "the id of a replication group"},
		{"trailKeyArn", a.TrailKeyARN, "the ARN of a KMS key"},
		{"logKeyArn", a.LogKeyARN, "the ARN of a KMS key"},
	} {
		p.Require(required.value != nil, required.input, nil, required.expected)
	}
	a.Check(p)
	if a.TrailLogRetentionDays != 0 {
		awsvalue.CheckLogRetention(p, "trailLogRetentionDays", a.TrailLogRetentionDays)
	}
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *MonitoringArgs) Check(p *check.Problems) {
	p.Between("trailRetentionDays", a.TrailRetentionDays, minTrailDays, maxTrailDays)
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *MonitoringArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"region":                pulumi.String(a.Region),
		"accountId":             pulumi.String(a.AccountID),
		"trailRetentionDays":    pulumi.Int(a.TrailRetentionDays),
		"trailLogRetentionDays": pulumi.Int(a.TrailLogRetentionDays),
		"deletionProtection":    pulumi.Bool(*a.DeletionProtection),
	}
}
