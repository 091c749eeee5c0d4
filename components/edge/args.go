package edge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/edge"
)

// EdgeArgs says where the way in is and where it leads.
type EdgeArgs struct {
	Region    string // "us-east-1"
	AccountID string // twelve digits

	// DomainName is the domain; requests come for names below app.<DomainName>.
	DomainName string
	// ZoneID is the domain's hosted zone in Route 53. It must be public, and the domain's registrar must lead to it: AWS issues the
	// certificate to whoever can write into the zone that the world sees.
	ZoneID string

	VpcID           pulumi.StringInput
	PublicSubnetIDs pulumi.StringArrayInput
	// NodeSecurityGroupID is the group of the cluster's nodes, which is opened to the load balancer at the two ports of the proxy.
	NodeSecurityGroupID pulumi.StringInput
	// ScalingGroups are the names of the Auto Scaling groups of the cluster's node groups, by node group.
	ScalingGroups map[string]pulumi.StringOutput

	LogKeyARN     pulumi.StringInput // KMS key of the access log; lets the delivery of logs in
	AlarmTopicARN pulumi.StringInput
	// LogRetentionDays is how long the access log is kept: 90 when zero.
	LogRetentionDays int

	// DeletionProtection has AWS refuse to delete the load balancer, and keeps the access log; without it, both go with destroy. True
	// when nil.
	DeletionProtection *bool
}

const (
	defaultLogDays = 90
	maxLogDays     = 3653
)

// withDefaults fills in what was left out.
func (a *EdgeArgs) withDefaults() EdgeArgs {
	if a == nil {
		a = &EdgeArgs{}
	}
	full := *a
	full.LogRetentionDays = cmp.Or(full.LogRetentionDays, defaultLogDays)
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	return full
}

// validate gives all problems at once.
func (a *EdgeArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("edge %q: ", name))
	awsvalue.Hyphenated.Check(p, "name", name)
	awsvalue.Region.Check(p, "region", a.Region)
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	awsvalue.DomainName.Check(p, "domainName", a.DomainName)
	awsvalue.HostedZoneID.Check(p, "zoneId", a.ZoneID)
	a.Check(p)
	p.Require(a.VpcID != nil, "vpcId", nil, "the id of a VPC")
	p.Require(a.PublicSubnetIDs != nil, "publicSubnetIds", nil, "the ids of public subnets, one a zone")
	p.Require(a.NodeSecurityGroupID != nil, "nodeSecurityGroupId", nil, "the id of the nodes' security group")
	p.Require(len(a.ScalingGroups) > 0, "scalingGroups", check.Words("none"), "the name of the Auto Scaling group of each node group")
	p.Require(a.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key that lets the delivery of logs in")
	p.Require(a.AlarmTopicARN != nil, "alarmTopicArn", nil, "the ARN of an SNS topic")
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *EdgeArgs) Check(p *check.Problems) {
	p.Between("logRetentionDays", a.LogRetentionDays, 1, maxLogDays)
}

// entry is the name that all tenants' host names are below.
func (a *EdgeArgs) entry() string { return edge.Label + "." + a.DomainName }

// nodeGroups are the names of the node groups, in order.
func (a *EdgeArgs) nodeGroups() []string { return slices.Sorted(maps.Keys(a.ScalingGroups)) }

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *EdgeArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"region":             pulumi.String(a.Region),
		"accountId":          pulumi.String(a.AccountID),
		"domainName":         pulumi.String(a.DomainName),
		"zoneId":             pulumi.String(a.ZoneID),
		"nodeGroups":         pulumi.ToStringArray(a.nodeGroups()),
		"logRetentionDays":   pulumi.Int(a.LogRetentionDays),
		"deletionProtection": pulumi.Bool(*a.DeletionProtection),
	}
}
