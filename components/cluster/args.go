package cluster

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// DefaultVersion is the Kubernetes version of a cluster that names none. Its standard support ends 2027-03-27.
const DefaultVersion = "1.35"

// ClusterArgs says what cluster to make.
type ClusterArgs struct {
	AccountID string // twelve digits
	// Version is Kubernetes' minor version: DefaultVersion when empty.
	Version string
	// ExtendedSupport keeps the version past its standard support, at six times the control plane's price. Without
	// it AWS upgrades the control plane when standard support ends.
	ExtendedSupport bool

	VpcID               pulumi.StringInput
	PrivateSubnetIDs    pulumi.StringArrayInput // of at least two zones; control plane and nodes stand in them
	NodeSecurityGroupID pulumi.StringInput      // what nodes may talk to, beside the control plane

	// PublicAccessCIDRs are the networks that reach the API from the internet. Empty: only the VPC does.
	PublicAccessCIDRs []string
	// Administrators are the ARNs of the IAM roles of the account that may do everything in the cluster. But for them and Members
	// nobody may do anything, whoever makes the cluster included.
	Administrators []string
	// Members are other IAM roles of the account that are let in, each with the group of Kubernetes whose rules say what it may do
	// (GroupReaders, GroupTenants).
	Members []Member

	SecretsKeyARN    pulumi.StringInput // KMS key that encrypts Kubernetes secrets
	LogKeyARN        pulumi.StringInput // KMS key of the control plane's log group
	LogRetentionDays int                // 90 when zero
	AlarmTopicARN    pulumi.StringInput // SNS topic that is told when nodes are lost

	NodeGroups []NodeGroup // at least one
	// NodeTags are put on the nodes' instances, disks and interfaces, where AWS copies none of a node group's own
	// tags: without them the largest part of the bill belongs to nobody.
	NodeTags map[string]string
}

const (
	oldestMinor       = 35 // AWS ends the standard support of 1.34 on 2026-12-02
	maxPublicCIDRs    = 40 // what EKS takes
	maxAdministrators = 50
	maxNodeGroups     = 10
)

// withDefaults fills in what was left out.
func (a *ClusterArgs) withDefaults() ClusterArgs {
	if a == nil {
		a = &ClusterArgs{}
	}
	full := *a
	if full.Version == "" {
		full.Version = DefaultVersion
	}
	if full.LogRetentionDays == 0 {
		full.LogRetentionDays = loggroup.DefaultRetentionDays
	}
	full.NodeGroups = make([]NodeGroup, len(a.NodeGroups))
	for i, group := range a.NodeGroups {
		full.NodeGroups[i] = group.withDefaults()
	}
	return full
}

// validate gives all problems at once.
func (a *ClusterArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("cluster %q: ", name))
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	a.Check(p)
	p.Require(a.VpcID != nil, "vpcId", nil, "the id of a VPC")
	p.Require(a.PrivateSubnetIDs != nil, "privateSubnetIds", nil, "the ids of private subnets")
	p.Require(a.NodeSecurityGroupID != nil, "nodeSecurityGroupId", nil, "the id of a security group")
	p.Require(a.SecretsKeyARN != nil, "secretsKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.AlarmTopicARN != nil, "alarmTopicArn", nil, "the ARN of an SNS topic")
	awsvalue.CheckLogRetention(p, "logRetentionDays", a.LogRetentionDays)
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *ClusterArgs) Check(p *check.Problems) {
	p.Require(isSupported(a.Version), "version", a.Version, fmt.Sprintf("1.%d or later, major and minor alone", oldestMinor))
	awsvalue.AccessCIDR.CheckList(p, "publicAccessCidrs", a.PublicAccessCIDRs, 0, maxPublicCIDRs,
		fmt.Sprintf("at most %d different ranges", maxPublicCIDRs))
	awsvalue.RoleARN.CheckList(p, "administrators", a.Administrators, 0, maxAdministrators,
		fmt.Sprintf("at most %d different roles", maxAdministrators))
	if awsvalue.AccountID.Valid(a.AccountID) { // else the account is what is wrong
		for i, arn := range a.Administrators {
			element := check.Item("administrators", i)
			awsvalue.RoleARNOf(a.AccountID).Check(p, element, arn, element)
		}
	}
	for i, member := range a.Members {
		in := p.In(check.Item("members", i))
		awsvalue.RoleARN.Check(in, "roleArn", member.RoleARN)
		in.Require(!slices.Contains(a.Administrators, member.RoleARN), "roleArn", member.RoleARN, "a role that is no administrator")
		in.Require(member.Group == GroupReaders || member.Group == GroupTenants, "group", member.Group, fmt.Sprintf("%q or %q", GroupReaders, GroupTenants))
	}
	p.Require(len(a.NodeGroups) >= 1 && len(a.NodeGroups) <= maxNodeGroups, "nodeGroups",
		check.Words(fmt.Sprintf("%d groups", len(a.NodeGroups))), fmt.Sprintf("1 to %d groups", maxNodeGroups))
	names := map[string]bool{}
	for i, group := range a.NodeGroups {
		in := p.In(check.Item("nodeGroups", i))
		group.check(in)
		in.Require(!names[group.Name], "name", group.Name, "a name that no other group has")
		names[group.Name] = true
	}
}

// isSupported says whether AWS still supports a version, "1.35" for instance, at the usual price.
func isSupported(version string) bool {
	text, ok := strings.CutPrefix(version, "1.")
	minor, err := strconv.Atoi(text)
	return ok && err == nil && len(text) == 2 && minor >= oldestMinor
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *ClusterArgs) inputs() pulumi.Map {
	groups, members := pulumi.Array{}, pulumi.Map{}
	for _, member := range a.Members {
		members[member.RoleARN] = pulumi.String(member.Group)
	}
	for _, group := range a.NodeGroups {
		groups = append(groups, group.inputs())
	}
	return pulumi.Map{
		"accountId":         pulumi.String(a.AccountID),
		"version":           pulumi.String(a.Version),
		"extendedSupport":   pulumi.Bool(a.ExtendedSupport),
		"publicAccessCidrs": pulumi.ToStringArray(a.PublicAccessCIDRs),
		"administrators":    pulumi.ToStringArray(a.Administrators),
		"members":           members,
		"logRetentionDays":  pulumi.Int(a.LogRetentionDays),
		"nodeGroups":        groups,
		"nodeTags":          pulumi.ToStringMap(a.NodeTags),
	}
}
