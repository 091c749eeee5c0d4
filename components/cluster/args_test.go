package cluster

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	aVersion = "expected 1.35 or later, major and minor alone"
	aNetwork = "expected an IPv4 range of /16 or smaller, written by its first address"
	aRole    = "expected the ARN of an IAM role"
	aGroup   = "expected 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter"
	someType = `expected a Graviton (arm64) type such as "m7g.large"`
)

// addresses gives so many different ranges.
func addresses(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("203.0.113.%d/32", i)
	}
	return list
}

// One wrong thing at a time, with its whole message: the input's name, what was given, what was expected.
func TestEachBadArg(t *testing.T) {
	t.Parallel()
	networks := func(list ...string) func(*ClusterArgs) {
		return func(a *ClusterArgs) { a.PublicAccessCIDRs = list }
	}
	group := func(change func(*NodeGroup)) func(*ClusterArgs) {
		return func(a *ClusterArgs) { change(&a.NodeGroups[0]) }
	}
	types := func(list ...string) func(*ClusterArgs) {
		return group(func(g *NodeGroup) { g.InstanceTypes = list })
	}
	for name, c := range map[string]struct {
		change  func(*ClusterArgs)
		message string
	}{
		"version out of support": {func(a *ClusterArgs) { a.Version = "1.34" }, `version: got "1.34", ` + aVersion},
		"patch version":          {func(a *ClusterArgs) { a.Version = "1.35.1" }, `version: got "1.35.1", ` + aVersion},
		"whole internet":         {networks("0.0.0.0/0"), `publicAccessCidrs[0]: got "0.0.0.0/0", ` + aNetwork},
		"wide network":           {networks("203.0.0.0/15"), `publicAccessCidrs[0]: got "203.0.0.0/15", ` + aNetwork},
		"host bits":              {networks("203.0.113.0/24", "203.0.113.1/24"), `publicAccessCidrs[1]: got "203.0.113.1/24", ` + aNetwork},
		"IPv6":                   {networks("2001:db8::/32"), `publicAccessCidrs[0]: got "2001:db8::/32", ` + aNetwork},
		"an address":             {networks("203.0.113.1"), `publicAccessCidrs[0]: got "203.0.113.1", ` + aNetwork},
		"too many networks": {
			networks(addresses(41)...),
			"publicAccessCidrs: got 41 elements, expected at most 40 different ranges",
		},
		"a user": {
			func(a *ClusterArgs) { a.Administrators = []string{"arn:aws:iam::123456789012:user/eve"} },
			`administrators[0]: got "arn:aws:iam::123456789012:user/eve", ` + aRole,
		},
		"an account": {
			func(a *ClusterArgs) { a.Administrators = []string{"arn:aws:iam::123456789012:root"} },
			`administrators[0]: got "arn:aws:iam::123456789012:root", ` + aRole,
		},
		"a role of another account": {
			func(a *ClusterArgs) { a.Administrators = []string{"arn:aws:iam::111122223333:role/sre"} },
			`administrators[0]: got "arn:aws:iam::111122223333:role/sre", expected a role of the account 123456789012`,
		},
		"no account":     {func(a *ClusterArgs) { a.AccountID = "" }, `accountId: got "", expected the 12 digits of an AWS account`},
		"two of a name":  {func(a *ClusterArgs) { a.NodeGroups = append(a.NodeGroups, a.NodeGroups[0]) }, `nodeGroups[1].name: got "general", expected a name that no other group has`},
		"retention":      {func(a *ClusterArgs) { a.LogRetentionDays = -1 }, "logRetentionDays: got -1, expected 1, 3, 5, 7"},
		"no nodes":       {func(a *ClusterArgs) { a.NodeGroups = nil }, "nodeGroups: got 0 groups, expected 1 to 10 groups"},
		"group's name":   {group(func(g *NodeGroup) { g.Name = "a--b" }), `nodeGroups[0].name: got "a--b", ` + aGroup},
		"long name":      {group(func(g *NodeGroup) { g.Name = strings.Repeat("g", 21) }), `nodeGroups[0].name: got "` + strings.Repeat("g", 21) + `", ` + aGroup},
		"no types":       {types(), "nodeGroups[0].instanceTypes: got 0 elements, expected 1 to 20 different Graviton (arm64) types"},
		"mixed types":    {types("m7g.large", "m7i.large"), `nodeGroups[0].instanceTypes[1]: got "m7i.large", ` + someType},
		"no type":        {types("large"), `nodeGroups[0].instanceTypes[0]: got "large", ` + someType},
		"below nothing":  {group(func(g *NodeGroup) { g.Min = -1 }), "nodeGroups[0].min: got -1, expected 0 to 100"},
		"min over wish":  {group(func(g *NodeGroup) { g.Min = 4 }), "nodeGroups[0].desired: got 3, expected from min to max"},
		"wish over max":  {group(func(g *NodeGroup) { g.Desired = 5 }), "nodeGroups[0].desired: got 5, expected from min to max"},
		"too many nodes": {group(func(g *NodeGroup) { g.Max = 101 }), "nodeGroups[0].max: got 101, expected 1 to 100, not less than min"},
		"small disk":     {group(func(g *NodeGroup) { g.DiskGiB = 19 }), "nodeGroups[0].diskGiB: got 19, expected 20 to 1000"},
		"large disk":     {group(func(g *NodeGroup) { g.DiskGiB = 1001 }), "nodeGroups[0].diskGiB: got 1001, expected 20 to 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := right()
			c.change(args)
			r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
				_, err := NewCluster(ctx, "cluster", args)
				return err
			})
			require.ErrorContains(t, err, `cluster "cluster": `+c.message)
			require.Equal(t, 1, strings.Count(err.Error(), ": got "), err)
			require.Empty(t, r.All())
		})
	}
}

// The last values that are still right.
func TestBounds(t *testing.T) {
	t.Parallel()
	args := right()
	args.Version = "1.99"
	args.PublicAccessCIDRs = []string{"203.0.0.0/16", "203.0.113.7/32"}
	args.NodeGroups = []NodeGroup{
		{Name: "idle", InstanceTypes: []string{"m7g.large"}, Max: 1, DiskGiB: 20},
		{Name: strings.Repeat("g", 20), InstanceTypes: []string{"m7g.large"}, Min: 100, Desired: 100, Max: 100, DiskGiB: 1000},
	}
	full := args.withDefaults()
	require.NoError(t, full.validate("cluster"))
}

func TestDefaultsAreFilledInACopy(t *testing.T) {
	t.Parallel()
	args := right()
	full := args.withDefaults()
	require.Equal(t, right(), args, "the caller's own stays as it was")
	require.Equal(t, "1.35", full.Version)
	require.Equal(t, 90, full.LogRetentionDays)
	require.Equal(t, 50, full.NodeGroups[0].DiskGiB)
	require.False(t, full.ExtendedSupport)
	require.False(t, full.NodeGroups[0].Spot)
	require.Empty(t, full.PublicAccessCIDRs)
}
