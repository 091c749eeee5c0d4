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

	"github.com/genericcorp/platform/tests/lab"
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
	c := cloud{dir: os.Getenv("PLATFORM_RUNBOOK_CLOUD"), platform: lab.Platform(t), repository: lab.Repository(t)}
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

// prelude is what `platform local env` prints, with what a page's top asks for besides.
func (c cloud) prelude() string {
	return `eval "$(platform local env --dir ` + c.dir + `)"
export PATH="$(dirname "$PLATFORM"):$PATH"
export ENVIRONMENT=local TENANT=acme NEW_TENANT=cedar LOCAL="--dir ` + c.dir + `" WORKSPACE="` + c.dir + `/workspace" PGSSLROOTCERT="$LOCALCLOUD_CA_FILE"
# The first version of the aws command asks some services, RDS among them, at no other address than the one it is told here.
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
`
}
