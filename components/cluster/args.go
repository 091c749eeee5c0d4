package cluster

import (
	"fmt"
	"net/netip"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/internal/check"
)

// DefaultVersion is the Kubernetes version of a cluster that names none. Its standard support ends 2027-03-27.
const DefaultVersion = "1.35"

// ClusterArgs says what cluster to make.
type ClusterArgs struct {
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
	// Administrators are the ARNs of the IAM roles that may do everything in the cluster. Nobody else may do anything,
	// whoever makes the cluster included.
	Administrators []string

	SecretsKeyARN    pulumi.StringInput // KMS key that encrypts Kubernetes secrets
	LogKeyARN        pulumi.StringInput // KMS key of the control plane's log group
	LogRetentionDays int                // 90 when zero

	NodeGroups []NodeGroup // at least one
	// NodeTags are put on the nodes' instances, disks and interfaces, where AWS copies none of a node group's own
	// tags: without them the largest part of the bill belongs to nobody.
	NodeTags map[string]string
}

var (
	versionPattern = regexp.MustCompile(`^1\.(3[5-9]|[4-9][0-9])$`)
	rolePattern    = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
)

const (
	maxPublicCIDRs = 40 // what EKS takes
	minPublicBits  = 16 // a wider range is no list of known networks any more
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
	p.Require(versionPattern.MatchString(a.Version), "version", a.Version, `a Kubernetes version from 1.35 on, such as "1.35"`)
	p.Require(a.VpcID != nil, "vpcId", nil, "the id of a VPC")
	p.Require(a.PrivateSubnetIDs != nil, "privateSubnetIds", nil, "the ids of private subnets")
	p.Require(a.NodeSecurityGroupID != nil, "nodeSecurityGroupId", nil, "the id of a security group")
	p.Require(a.SecretsKeyARN != nil, "secretsKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key")
	p.Require(loggroup.ValidRetention(a.LogRetentionDays), "logRetentionDays", a.LogRetentionDays, loggroup.RetentionExpected)
	a.checkPublicAccess(p)
	a.checkAdministrators(p)
	a.checkNodeGroups(p)
	return p.Err()
}

func (a *ClusterArgs) checkPublicAccess(p *check.Problems) {
	p.Require(len(a.PublicAccessCIDRs) <= maxPublicCIDRs, "publicAccessCidrs", len(a.PublicAccessCIDRs),
		fmt.Sprintf("at most %d networks", maxPublicCIDRs))
	for i, text := range a.PublicAccessCIDRs {
		cidr, err := netip.ParsePrefix(text)
		ok := err == nil && cidr.Addr().Is4() && cidr == cidr.Masked() && cidr.Bits() >= minPublicBits
		p.Require(ok, fmt.Sprintf("publicAccessCidrs[%d]", i), text,
			fmt.Sprintf(`an IPv4 network of /%d or smaller such as "203.0.113.0/24", without host bits`, minPublicBits))
	}
}

func (a *ClusterArgs) checkAdministrators(p *check.Problems) {
	seen := map[string]bool{}
	for i, arn := range a.Administrators {
		input := fmt.Sprintf("administrators[%d]", i)
		p.Require(rolePattern.MatchString(arn), input, arn, `the ARN of an IAM role such as "arn:aws:iam::123456789012:role/sre"`)
		p.Require(!seen[arn], input, arn, "each role once")
		seen[arn] = true
	}
}

func (a *ClusterArgs) checkNodeGroups(p *check.Problems) {
	p.Require(len(a.NodeGroups) > 0, "nodeGroups", len(a.NodeGroups), "at least one node group")
	seen := map[string]bool{}
	for i, group := range a.NodeGroups {
		input := fmt.Sprintf("nodeGroups[%d].", i)
		p.Require(!seen[group.Name], input+"name", group.Name, "each name once")
		seen[group.Name] = true
		group.check(p, input)
	}
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *ClusterArgs) inputs() pulumi.Map {
	groups := pulumi.Array{}
	for _, group := range a.NodeGroups {
		groups = append(groups, group.inputs())
	}
	return pulumi.Map{
		"version":           pulumi.String(a.Version),
		"extendedSupport":   pulumi.Bool(a.ExtendedSupport),
		"publicAccessCidrs": pulumi.ToStringArray(a.PublicAccessCIDRs),
		"administrators":    pulumi.ToStringArray(a.Administrators),
		"logRetentionDays":  pulumi.Int(a.LogRetentionDays),
		"nodeGroups":        groups,
		"nodeTags":          pulumi.ToStringMap(a.NodeTags),
	}
}
