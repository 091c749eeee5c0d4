package tenant

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// A run is called until it is done, as one run, and each call has the whole list.
func TestMigrationGoesOnByItself(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.left = 2
	list := []migrations.Migration{{Name: "0_init", SQL: "SELECT 1"}}
	told, err := tenants.Migrate(t.Context(), api.Migrate{Migrations: list, Digest: migrations.Digest(list)})
	require.NoError(t, err)
	require.Equal(t, 1, told.Done)
	require.Equal(t, []string{"migrate", "migrate", "migrate"}, f.happened)
	require.Len(t, f.runs, 1)

	f.refuses[api.ActionMigrate] = "another change (migration) has been running"
	_, err = tenants.Migrate(t.Context(), api.Migrate{})
	require.ErrorContains(t, err, "another change (migration) has been running")
}
