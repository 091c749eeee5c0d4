package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestTenantsTogether makes two tenants from a file with one command, and then asks for them and for one that cannot be had: that one is
// named, and stops no other.
func TestTenantsTogether(t *testing.T) {
	t.Parallel()
	c := testcloud.Shared(t)
	for _, tenant := range []string{"juniper", "larch"} {
		t.Cleanup(func() { offboard(t, c, tenant) })
	}
	list := filepath.Join(t.TempDir(), "tenants.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(list, []byte(text), 0o600)) }
	var made struct {
		Tenants []tenantReport `json:"tenants"`
		Failed  []any          `json:"failed"`
	}
	write("- {tenant: juniper, tier: free}\n- {tenant: larch, tier: starter}\n")
	c.Platform(t, &made, "tenant", "create", "--file", list)
	require.Len(t, made.Tenants, 2)
	assert.Empty(t, made.Failed)
	tenants := observe.Tenants(t, c)
	assert.Equal(t, []string{"free active", "starter active"}, []string{tenants["juniper"], tenants["larch"]})

	write("- {tenant: acme, tier: free}\n- {tenant: juniper, tier: free}\n- {tenant: larch, tier: starter}\n")
	printed := c.Fails(t, exitFailed, "tenant", "create", "--file", list)
	assert.Contains(t, printed, `tier: got "free", expected "pro", which tenant acme of local has`)
	assert.Contains(t, printed, "2 tenants of local created")
	assert.Contains(t, printed, "1 tenant of 3 failed")
	after := observe.Tenants(t, c)
	for tenant, want := range map[string]string{"acme": "pro active", "juniper": "free active", "larch": "starter active"} {
		assert.Equal(t, want, after[tenant], tenant)
	}
}
