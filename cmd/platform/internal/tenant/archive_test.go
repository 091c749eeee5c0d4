package tenant

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// A restore that takes several calls of the function is called until it is done.
func TestRestoreGoesOnByItself(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.left = 2
	restored, err := tenants.Restore(t.Context(), "acme", Choice{Key: "archives/prod/acme/1.sql.gz", Newest: true})
	require.NoError(t, err)
	require.Equal(t, "archives/prod/acme/1.sql.gz", restored.Archive.Key)
	require.Equal(t, []string{"restore", "restore", "restore"}, f.happened)

	f.refuses[api.ActionRestore], f.left = "it broke", 1
	_, err = tenants.Restore(t.Context(), "acme", Choice{Key: "archives/prod/acme/1.sql.gz", Newest: true})
	require.ErrorContains(t, err, "it broke")
}
