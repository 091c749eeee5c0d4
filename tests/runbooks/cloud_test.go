package runbooks

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// cloud is the local cloud that the pages' commands run on.
type cloud struct {
	dir        string
	platform   string // the operator's command
	repository string
}

// openCloud takes the local cloud that PLATFORM_RUNBOOK_CLOUD names, or starts one that ends with the test.
func openCloud(t *testing.T) cloud {
	t.Helper()
	c := cloud{dir: os.Getenv("PLATFORM_RUNBOOK_CLOUD"), platform: testcloud.Platform(t), repository: testcloud.Repository(t)}
	if c.dir != "" {
		return c
	}
	parent, err := os.MkdirTemp("", "platform-runbooks-")
	require.NoError(t, err)
	c.dir = filepath.Join(parent, "cloud")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		if said, err := c.command(ctx, "local", "down", "--abandon").CombinedOutput(); err != nil {
			t.Errorf("platform local down: %v\n%s", err, said)
		}
		_ = os.RemoveAll(parent)
	})
	said, err := c.command(t.Context(), "local", "up").CombinedOutput()
	require.NoError(t, err, string(said))
	return c
}

func (c cloud) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.platform, append(args, "--dir", c.dir)...)
	cmd.Dir = c.repository
	return cmd
}

// resident is what a page must leave as it was of a tenant.
type resident struct {
	Slug, Tier, State string
	Tables            int
}

// residents are the tenants that exist.
func (c cloud) residents(t *testing.T) []resident {
	t.Helper()
	cmd := c.command(t.Context(), "tenant", "list", "--json")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	var list struct {
		Tenants []resident `json:"tenants"`
	}
	require.NoError(t, json.Unmarshal(out, &list))
	return list.Tenants
}

// prelude is what the index tells people to set before they work on a local cloud. The names it chooses are those of tenants
// that exist and of one that does not.
func (c cloud) prelude(t *testing.T) string {
	t.Helper()
	set := read(t, filepath.Join(folder(t), index)).of(runs)
	require.Len(t, set, 1, "%s sets the shell for a local cloud in one block", index)
	// `platform local env` puts the local cloud's programs in front: this command stays the one that is tried.
	return "CLOUD=" + c.dir + "\n" + "{\n" + set[0].body + "} >/dev/null\nexport PATH=" + filepath.Dir(c.platform) + ":$PATH\n"
}
