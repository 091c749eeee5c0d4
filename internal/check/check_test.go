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

func TestNoProblemIsNoError(t *testing.T) {
	t.Parallel()
	require.NoError(t, check.Under("x: ").Err())
}
