package tenant

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

const ways = "`platform tenant resume acme --clean-up --env prod` lets it free space for 24 hours, `platform tenant tier acme <tier> --env prod` gives it more (runbooks/tenant-over-limit.md)"

// A tenant that is over its storage is not resumed by saying so.
func TestResumeIsRefusedOverStorage(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "free", api.StateSuspended)
	f.applied.OverStorage, f.applied.ExceedsStorage, f.applied.SizeBytes, f.applied.Limits.StorageMiB = true, true, 300<<20, 256
	_, err := tenants.Resume(t.Context(), "acme", false)
	require.EqualError(t, err, "tenant acme stays read-only: it stores 300 MiB of 256 MiB, or too many objects: "+ways)
	require.Equal(t, []string{"show"}, f.happened)
	f.is(t, "free", api.StateSuspended, 1)

	tried := *tenants
	tried.DryRun = true
	report, err := tried.Resume(t.Context(), "acme", false)
	require.NoError(t, err)
	require.Contains(t, report.Refusal, "stays read-only")

	// It may log in to free space.
	f.happened = nil
	report, err = tenants.Resume(t.Context(), "acme", true)
	require.NoError(t, err)
	require.Equal(t, []string{"up", "apply free active 1", "clean-up"}, f.happened)
	require.Equal(t, "it may free space", report.Reason)

	// Once it has, before the next sweep, to apply it again is enough.
	f.happened, f.applied.OverStorage, f.applied.ExceedsStorage = nil, true, false
	_, err = tenants.Resume(t.Context(), "acme", false)
	require.NoError(t, err)
	require.Equal(t, []string{"show", "up", "apply free active 1"}, f.happened)
	_, err = tenants.Resume(t.Context(), "acme", true)
	require.EqualError(t, err, "tenant acme is not over its storage: `platform tenant resume acme --env prod`, without --clean-up")
}

const overriding = "`platform breaker override acme --env prod` lets it work until a time, `platform tenant tier acme <tier> --env prod` allows it more (docs/breaker.md)"

// Whom the breaker holds nobody resumes, as no person suspended it; a person's suspension ends as ever.
func TestResumeIsRefusedUnderTheBreaker(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "free", api.StateActive)
	f.applied.Breaker = api.StateSuspended
	_, err := tenants.Resume(t.Context(), "acme", false)
	require.EqualError(t, err, "tenant acme is suspended by the breaker, and not by a person: "+overriding)
	require.Empty(t, f.happened)
	f.applied.State = api.StateSuspended
	_, err = tenants.Resume(t.Context(), "acme", false)
	require.NoError(t, err)
}

// Whatever keeps a tenant from what its tier allows, show says how it ends.
func TestShowTellsTheWayOut(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "free", api.StateActive)
	for want, is := range map[string]api.Tenant{
		"": {},
		"`platform tenant resume acme --env prod`": {State: api.StateSuspended, Reason: "suspended by an operator"},
		overriding: {State: api.StateActive, Breaker: api.StateLimited, OverStorage: true, Reason: "limited by the breaker"},
		"`platform tenant resume acme --env prod` ": {State: api.StateSuspended, Breaker: api.StateLimited, Reason: "suspended by an operator"},
		ways: {State: api.StateActive, OverStorage: true, LoginBlocked: true, Reason: "it cannot log in"},
	} {
		is.Slug = "acme"
		f.applied = &is
		shown, err := tenants.Show(t.Context(), "acme")
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(want), shown.WayOut)
	}
}
