package testcloud

import (
	"strings"
	"testing"

	"github.com/genericcorp/platform/internal/localcloud"
)

// RequireNodes ends the test by lacking (of package required) where this machine can run no nodes, with all that it lacks.
func (c *Cloud) RequireNodes(t testing.TB, lacking func(t testing.TB, reason string)) localcloud.Nodes {
	t.Helper()
	var have localcloud.Nodes
	c.Platform(t, &have, "local", "node", "list")
	if len(have.Missing) > 0 {
		lacking(t, "this machine runs no nodes, because it lacks: "+strings.Join(have.Missing, "; "))
	}
	return have
}
