package tenant

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func TestOffboardTwice(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	report, err := tenants.Offboard(t.Context(), "acme", true)
	require.NoError(t, err)
	require.Equal(t, []string{"archive", "destroy"}, f.happened)
	require.Equal(t, "pro", report.Tier)
	f.applied = nil
	_, err = tenants.Offboard(t.Context(), "acme", true)
	require.EqualError(t, err, "environment prod has no tenant \"acme\": `platform tenant list --env prod` shows all")
	_, err = tenants.Offboard(t.Context(), "acne", true)
	require.EqualError(t, err, "environment prod has no tenant \"acne\", did you mean \"acme\"?", "a mistyped name is not done")
	require.Equal(t, []string{"archive", "destroy", "list", "list"}, f.happened)
}

func TestOffboardTriedDryTellsWhatWouldRefuse(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	tenants.DryRun = true
	f.refuses[api.ActionDelete] = "there is no archive of it"
	report, err := tenants.Offboard(t.Context(), "acme", false)
	require.NoError(t, err)
	require.Equal(t, "there is no archive of it", report.Refusal)
	require.Equal(t, map[progress.Action]int{progress.Delete: 2}, report.Changes)
	f.refuses = nil
	report, err = tenants.Offboard(t.Context(), "acme", false)
	require.NoError(t, err)
	require.Empty(t, report.Refusal)
	require.Equal(t, []string{"dry delete", "dry delete"}, f.happened)
	require.NotNil(t, f.applied)
}

func TestOffboardOfAPartialTenant(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	f.exists = true
	_, err := tenants.Offboard(t.Context(), "acme", true)
	require.NoError(t, err, "the database has nothing to archive")
	require.Equal(t, []string{"archive", "destroy"}, f.happened)

	f, tenants = newTenant(t, "pro", api.StateActive)
	f.exists, f.state = false, nil
	_, err = tenants.Offboard(t.Context(), "acme", true)
	require.EqualError(t, err, "tenant acme of prod is in the database and its stack is gone: `platform tenant create acme --tier pro --env prod` recreates that, then offboard it")
	require.NotNil(t, f.applied)
}

func TestArchiveAndRestoreAreToldWhatTheyAre(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	archived, err := tenants.Archive(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, 3, archived.Archive.Tables)
	require.False(t, archived.DryRun)
	tenants.DryRun = true
	archived, err = tenants.Restore(t.Context(), "acme", Choice{Key: archived.Archive.Key})
	require.NoError(t, err)
	require.True(t, archived.DryRun)
	require.Equal(t, []string{"archive", "show", "dry restore"}, f.happened)

	f.refuses[api.ActionArchive] = "the database is stopping"
	_, err = tenants.Archive(t.Context(), "acme")
	require.EqualError(t, err, "the provisioner could not archive: the database is stopping")
}

func TestInterruptedCallIsToldSo(t *testing.T) {
	t.Parallel()
	_, tenants := newTenant(t, "pro", api.StateActive)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(process.ErrInterrupted)
	_, err := tenants.Archive(ctx, "acme")
	require.ErrorIs(t, err, process.ErrInterrupted)
	require.ErrorContains(t, err, "asked to archive and ends that by itself")
}
