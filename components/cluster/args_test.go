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
	aVersion = `expected a Kubernetes version from 1.35 on, such as "1.35"`
	aNetwork = `expected an IPv4 network of /16 or smaller such as "203.0.113.0/24", without host bits`
	aRole    = `expected the ARN of an IAM role such as "arn:aws:iam::123456789012:role/sre"`
	aGroup   = `expected lower-case letters, digits and single hyphens, at most 30 characters, such as "general"`
	someType = `expected instance types of one architecture, such as "m7g.large"`
)

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
			networks(strings.Split(strings.TrimSuffix(strings.Repeat("203.0.113.0/24,", 41), ","), ",")...),
			"publicAccessCidrs: got 41, expected at most 40 networks",
		},
		"a user": {
			func(a *ClusterArgs) { a.Administrators = []string{"arn:aws:iam::123456789012:user/eve"} },
			`administrators[0]: got "arn:aws:iam::123456789012:user/eve", ` + aRole,
		},
		"an account": {
			func(a *ClusterArgs) { a.Administrators = []string{"arn:aws:iam::123456789012:root"} },
			`administrators[0]: got "arn:aws:iam::123456789012:root", ` + aRole,
		},
		"retention":      {func(a *ClusterArgs) { a.LogRetentionDays = -1 }, "logRetentionDays: got -1, expected a number of days that CloudWatch Logs keeps"},
		"no nodes":       {func(a *ClusterArgs) { a.NodeGroups = nil }, "nodeGroups: got 0, expected at least one node group"},
		"group's name":   {group(func(g *NodeGroup) { g.Name = "a--b" }), `nodeGroups[0].name: got "a--b", ` + aGroup},
		"long name":      {group(func(g *NodeGroup) { g.Name = strings.Repeat("g", 31) }), `nodeGroups[0].name: got "` + strings.Repeat("g", 31) + `", ` + aGroup},
		"no types":       {types(), "nodeGroups[0].instanceTypes: got [], " + someType},
		"mixed types":    {types("m7g.large", "m7i.large"), "nodeGroups[0].instanceTypes: got [m7g.large m7i.large], " + someType},
		"no type":        {types("large"), "nodeGroups[0].instanceTypes: got [large], " + someType},
		"below nothing":  {group(func(g *NodeGroup) { g.Min = -1 }), "nodeGroups[0].min: got -1, expected 0 or more and no more than desired"},
		"min over wish":  {group(func(g *NodeGroup) { g.Min = 4 }), "nodeGroups[0].min: got 4, expected 0 or more and no more than desired"},
		"wish over max":  {group(func(g *NodeGroup) { g.Desired = 5 }), "nodeGroups[0].desired: got 5, expected no more than max"},
		"too many nodes": {group(func(g *NodeGroup) { g.Max = 451 }), "nodeGroups[0].max: got 451, expected 1 to 450 nodes"},
		"small disk":     {group(func(g *NodeGroup) { g.DiskGiB = 19 }), "nodeGroups[0].diskGiB: got 19, expected 20 to 16384 GiB"},
		"large disk":     {group(func(g *NodeGroup) { g.DiskGiB = 16385 }), "nodeGroups[0].diskGiB: got 16385, expected 20 to 16384 GiB"},
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
		{Name: strings.Repeat("g", 30), InstanceTypes: []string{"m7g.large"}, Min: 450, Desired: 450, Max: 450, DiskGiB: 16384},
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

func TestArchitectureOfInstanceTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want  architecture
		types []string
	}{
		{arm64, []string{"m7g.large"}},
		{arm64, []string{"c7gn.xlarge", "m8gd.2xlarge", "t4g.small", "im4gn.large", "a1.large", "g5g.xlarge"}},
		{amd64, []string{"m7i.large"}},
		{amd64, []string{"g4dn.xlarge", "g6.xlarge", "t3a.medium", "m7i-flex.large", "c5.metal"}}, // the class g is graphics, not Graviton
		{"", nil},
		{"", []string{"m7g.large", "m7i.large"}},
		{"", []string{"m7i.large", "m7g.large"}},
		{"", []string{"m7g"}},
		{"", []string{"M7G.large"}},
		{"", []string{""}},
	} {
		got, err := architectureOf(c.types)
		require.Equal(t, c.want, got, fmt.Sprint(c.types))
		require.Equal(t, c.want == "", err != nil, fmt.Sprint(c.types))
	}
}
