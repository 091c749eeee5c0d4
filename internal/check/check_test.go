package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/check"
)

func TestProblemsNameInputValueAndExpectation(t *testing.T) {
	t.Parallel()
	p := check.Under("platform:settings.")
	p.Require(true, "network.cidr", "10.0.0.0/16", "never printed")
	p.Require(false, "network.cidr", "ten", "an IPv4 prefix")
	p.Require(false, "cache.nodes", 0, "1 to 6")
	require.EqualError(t, p.Err(),
		"platform:settings.network.cidr: got \"ten\", expected an IPv4 prefix\n"+
			"platform:settings.cache.nodes: got 0, expected 1 to 6")
}

// A section's inputs are named by their whole paths, and all sections are one collection.
func TestSections(t *testing.T) {
	t.Parallel()
	p := check.Under("x: ")
	p.In("cluster").In(check.Item("nodeGroups", 1)).Between("min", -1, 0, 100)
	p.In("").OneOf("nat", "none", "perZone", "single")
	p.In("cache").Require(false, "", 1, "an object")
	require.EqualError(t, p.Err(), "x: cluster.nodeGroups[1].min: got -1, expected 0 to 100\n"+
		"x: nat: got \"none\", expected perZone or single\nx: cache: got 1, expected an object")
}

// A rule that uses what is wrong already would only add noise; so would a second one about the same input, where that is
// asked for.
func TestNoNoise(t *testing.T) {
	t.Parallel()
	for _, p := range []*check.Problems{check.Under(""), check.Once()} {
		p.Between("min", -1, 0, 100)
		p.Require(false, "max", 0, "not less than min", "min")
		p.Require(false, "desired", 0, "a number", "other")
		require.EqualError(t, p.Err(), "min: got -1, expected 0 to 100\ndesired: got 0, expected a number")
	}
	p := check.Once()
	p.Require(false, "nodeGroups[0].min", 0, "first")
	p.Require(false, "nodeGroups[0].min", 0, "again")
	p.Require(false, "nodeGroups[0].min.more", 0, "within")
	p.Require(false, "nodeGroups", 0, "around, and asked")
	p.Require(false, "sum", 0, "by what is within", "nodeGroups")
	p.Require(false, "nodeGroupsOther", 0, "another")
	require.EqualError(t, p.Err(), "nodeGroups[0].min: got 0, expected first\nnodeGroups: got 0, expected around, and asked\n"+
		"nodeGroupsOther: got 0, expected another")
	p = check.Under("")
	p.Require(false, "reviewer", "a", "first")
	p.Require(false, "reviewer", "b", "second")
	require.EqualError(t, p.Err(), "reviewer: got \"a\", expected first\nreviewer: got \"b\", expected second")
}

func TestLists(t *testing.T) {
	t.Parallel()
	p := check.Under("")
	p.List("roles", []string{"b", "x", "x", "b"}, 1, 3, "at most 3", "a or b", func(s string) bool { return s != "x" })
	require.EqualError(t, p.Err(), "roles: got 4 elements, expected at most 3\nroles[1]: got \"x\", expected a or b\n"+
		"roles[2]: got \"x\", expected a or b\nroles[3]: got \"b\", expected a value that is not in the list already")
	require.Equal(t, []string{"", "a", "a or b", "a, b or c"}, []string{
		check.Alternatives(), check.Alternatives("a"), check.Alternatives("a", "b"), check.Alternatives("a", "b", "c"),
	})
}

func TestNoProblemIsNoError(t *testing.T) {
	t.Parallel()
	require.NoError(t, check.Under("x: ").Err())
}
