package runbooks

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) { os.Exit(testcloud.Main(m)) }

// cloud is the local cloud that the pages' commands run on.
type cloud struct {
	*testcloud.Cloud

	platform     string // the operator's command
	named, tried int    // pages
}

// resident is what a page must leave as it was of a tenant.
type resident struct {
	Slug, Tier, State string
	Tables            int
}

// residents are the tenants that exist.
func (c *cloud) residents(t *testing.T) []resident {
	t.Helper()
	var list struct {
		Tenants []resident `json:"tenants"`
	}
	c.Platform(t, &list, "tenant", "list")
	return list.Tenants
}

// prelude is what the index tells people to set before they work on a local cloud. The names it chooses are those of tenants
// that exist and of one that does not.
func (c *cloud) prelude(t *testing.T) string {
	t.Helper()
	set := read(t, filepath.Join(folder(t), index)).of(runs)
	require.Len(t, set, 1, "%s sets the shell for a local cloud in one block", index)
	// `platform local env` puts the local cloud's programs in front: this command stays the one that is tried.
	return "CLOUD=" + c.Dir + "\n" + "{\n" + set[0].body + "} >/dev/null\nexport PATH=" + filepath.Dir(c.platform) + ":$PATH\n"
}
