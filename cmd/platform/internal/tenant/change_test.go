package tenant

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// is requires what the database has of the tenant.
func (f *fakeEnvironment) is(t *testing.T, tier string, state api.State, version int) {
	t.Helper()
	require.NotNil(t, f.applied)
	require.Equal(t, []any{tier, state, version}, []any{f.applied.Tier, f.applied.State, f.applied.PasswordVersion})
}

func TestCreateTwiceRepairsWhatChangedInTheDatabase(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	report, err := tenants.Create(t.Context(), "acme", "pro")
	require.NoError(t, err)
	require.Equal(t, []string{"list", "dry apply pro active 1", "up", "apply pro active 1"}, f.happened, "by the engine alone")
	require.Equal(t, "arn:secret", report.SecretARN)

	f.happened = nil
	again, err := tenants.Create(t.Context(), "acme", "pro")
	require.NoError(t, err)
	require.Equal(t, []string{"up", "apply pro active 1"}, f.happened, "the engine found nothing to change, so the command asks")
	require.Equal(t, report.Record, again.Record)
}

func TestTenantThatExistsWithAnotherTier(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	_, err := tenants.Create(t.Context(), "acme", "free")
	require.EqualError(t, err, `tier: got "free", expected "pro", which tenant acme of prod has: `+"`platform tenant tier acme free --env prod` changes it")
	require.Empty(t, f.happened)
	require.True(t, f.exists)

	// The same when its stack was lost: none is left behind.
	f.exists, f.state = false, nil
	_, err = tenants.Create(t.Context(), "acme", "free")
	require.ErrorContains(t, err, `tier: got "free", expected "pro"`)
	require.Equal(t, []string{"forget"}, f.happened)
}

func TestPartiallyCreatedTenant(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	f.exists = true
	_, err := tenants.Tier(t.Context(), "acme", "pro")
	require.EqualError(t, err, "tenant acme of prod is partially created: `platform tenant create acme --tier <tier> --env prod` finishes it, "+
		"`platform tenant offboard acme --env prod` removes it")
	require.Empty(t, f.happened)
	_, err = tenants.Create(t.Context(), "acme", "pro")
	require.NoError(t, err)

	// What the database has is enough to suspend one whose deployment never ended.
	f.state = nil
	_, err = tenants.setState(t.Context(), "acme", api.StateSuspended)
	require.NoError(t, err)
	f.is(t, "pro", api.StateSuspended, 1)
}

func TestNamesAndTiersAreCheckedAtOnce(t *testing.T) {
	t.Parallel()
	err := Check("Acme", "gold")
	require.ErrorContains(t, err, `tenant slug "Acme": expected lower-case letters`)
	require.ErrorContains(t, err, `tier: got "gold", expected one of free, starter, pro, enterprise`)
	require.NoError(t, Check("acme", "pro"))
}

func TestEnvironmentThatIsMissing(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	f.missing = &engine.NoStackError{Name: "prod"}
	for _, change := range changes(t, tenants) {
		require.EqualError(t, change(), "there is no stack prod in your backend: make it with `pulumi stack init prod`")
	}
	require.False(t, f.exists)
}

func TestEnvironmentWithoutProvisioner(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	delete(f.outputs, "provisionerFunctionName")
	for _, change := range changes(t, tenants) {
		require.EqualError(t, change(), "environment prod has no output provisionerFunctionName: deploy it first, with `platform up --stack prod`")
	}
	require.False(t, f.exists, "no stack is left behind")

	f.outputs["provisionerFunctionName"] = "deleted-by-hand"
	for _, change := range changes(t, tenants) {
		require.EqualError(t, change(), "environment prod has no provisioner deleted-by-hand: deploy it, with `platform up --stack prod`")
	}
	require.False(t, f.exists)
}

// changes are all ways to change a tenant.
func changes(t *testing.T, tenants *Tenants) []func() error {
	t.Helper()
	tenants.outputs = nil
	return []func() error{
		func() error { _, err := tenants.Create(t.Context(), "acme", "pro"); return err },
		func() error { _, err := tenants.Tier(t.Context(), "acme", "pro"); return err },
		func() error { _, err := tenants.setState(t.Context(), "acme", api.StateSuspended); return err },
		func() error { _, err := tenants.Rotate(t.Context(), "acme"); return err },
		func() error { _, err := tenants.Archive(t.Context(), "acme"); return err },
	}
}

// A rotation whose second half failed has a password's number in the database that the stack does not know.
func TestHalfFailedRotationBlocksNothing(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.applied.PasswordVersion = 2
	_, err := tenants.setState(t.Context(), "acme", api.StateSuspended)
	require.NoError(t, err)
	f.is(t, "pro", api.StateSuspended, 2)
	_, err = tenants.Rotate(t.Context(), "acme")
	require.NoError(t, err)
	f.is(t, "pro", api.StateSuspended, 3)

	// The database came back from a backup of before the rotation.
	f.applied.PasswordVersion = 1
	report, err := tenants.Tier(t.Context(), "acme", "free")
	require.NoError(t, err)
	require.Equal(t, 3, report.PasswordVersion)
}

// A suspension that was killed is in the database and not in the stack.
func TestKilledSuspensionHoldsUntilItIsResumed(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.applied.State = api.StateSuspended
	_, err := tenants.Tier(t.Context(), "acme", "starter")
	require.NoError(t, err)
	f.is(t, "starter", api.StateSuspended, 1)

	f, tenants = newTenant(t, "pro", api.StateActive)
	f.applied.State = api.StateSuspended
	_, err = tenants.setState(t.Context(), "acme", api.StateActive) // which the stack takes for nothing to do
	require.NoError(t, err)
	f.is(t, "pro", api.StateActive, 1)
}

func TestSuspensionDoesNotWaitForTheEngine(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.upFails = errors.New("the budget cannot be read")
	_, err := tenants.setState(t.Context(), "acme", api.StateSuspended)
	require.EqualError(t, err, "the database enforces that tenant acme is suspended, and its stack does not say so yet: repeat the command: the budget cannot be read")
	require.Equal(t, []string{"apply pro suspended 1", "up"}, f.happened)
	f.is(t, "pro", api.StateSuspended, 1)

	f.upFails, f.happened = nil, nil
	report, err := tenants.setState(t.Context(), "acme", api.StateSuspended)
	require.NoError(t, err)
	require.Equal(t, api.StateSuspended, report.State)

	// What the provisioner refuses before, such as for a secret that was deleted by hand, the deployment may repair.
	f, tenants = newTenant(t, "pro", api.StateActive)
	f.refuses[api.ActionApply], f.upFails = "the secret is gone", errors.New("the engine's own words")
	_, err = tenants.setState(t.Context(), "acme", api.StateSuspended)
	require.EqualError(t, err, "the engine's own words")
	require.Equal(t, []string{"apply pro suspended 1", "up"}, f.happened)
}

// A reason is noted at once, stays when the engine calls again, can be given later, and is told when the tenant is resumed.
func TestSuspensionHasAReason(t *testing.T) {
	t.Parallel()
	_, tenants := newTenant(t, "pro", api.StateActive)
	report, err := tenants.Suspend(t.Context(), "acme", api.StateSuspended, api.Hold{Why: "does not pay", By: "maria"})
	require.NoError(t, err)
	require.Equal(t, &api.Hold{Why: "does not pay", By: "maria"}, report.Hold)
	report, err = tenants.Suspend(t.Context(), "acme", api.StateSuspended, api.Hold{Why: "is under attack", By: "noor"})
	require.NoError(t, err)
	require.Equal(t, &api.Hold{Why: "is under attack", By: "noor"}, report.Hold)
	require.Nil(t, report.Was)
	report, err = tenants.Resume(t.Context(), "acme", false)
	require.NoError(t, err)
	require.Equal(t, &api.Hold{Why: "is under attack", By: "noor"}, report.Was)
	require.Nil(t, report.Hold)

	// Where it could not be noted, that is said.
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.applied = nil
	report, err = tenants.Suspend(t.Context(), "acme", api.StateSuspended, api.Hold{Why: "does not pay"})
	require.NoError(t, err)
	require.Contains(t, report.Warnings, "the reason was not noted: repeat the command")
}

func TestTenantWhoseStackWasLostGetsANewOne(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.exists, f.state = false, nil
	_, err := tenants.setState(t.Context(), "acme", api.StateSuspended)
	require.NoError(t, err)
	f.is(t, "pro", api.StateSuspended, 1)
	require.True(t, f.exists)
}

func TestWarningsOfTheProvisionerAreTold(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	f.warns = []string{"temp_file_limit is not 1048576kB"}
	report, err := tenants.Create(t.Context(), "acme", "pro")
	require.NoError(t, err)
	require.Equal(t, f.warns, report.Warnings, "through the engine")
	report, err = tenants.Create(t.Context(), "acme", "pro")
	require.NoError(t, err)
	require.Equal(t, f.warns, report.Warnings, "asked by the command")
	f.warns = nil
	report, err = tenants.Create(t.Context(), "acme", "pro")
	require.NoError(t, err)
	require.Equal(t, []string{}, report.Warnings)
}

func TestDryRunsChangeNothing(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	tenants.DryRun = true
	_, err := tenants.Create(t.Context(), "acme", "pro")
	require.NoError(t, err)
	require.Equal(t, []string{"list", "dry apply pro active 1", "preview", "forget"}, f.happened)

	f, tenants = newTenant(t, "pro", api.StateActive)
	tenants.DryRun = true
	for _, change := range changes(t, tenants)[1:4] {
		require.NoError(t, change())
	}
	require.Equal(t, []string{"preview", "preview", "preview"}, f.happened)
	f.is(t, "pro", api.StateActive, 1)
}

// A tenant that the environment cannot pay for is refused before anything is made. One that exists is never.
func TestTenantThatCannotBeAfforded(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	f.poor = errors.New("the bill would be above the limit")
	_, err := tenants.Create(t.Context(), "acme", "free")
	require.EqualError(t, err, "the bill would be above the limit")
	require.Equal(t, 2, f.asked, "acme and birch, which the environment has")
	require.Equal(t, []string{"list", "forget"}, f.happened, "nothing was applied, and no stack is left behind")
	require.False(t, f.exists)

	f, tenants = newTenant(t, "pro", api.StateActive)
	f.poor = errors.New("the bill would be above the limit")
	_, err = tenants.Create(t.Context(), "acme", "pro")
	require.NoError(t, err)
	all, err := tenants.All(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
}

// A database without room for a tenant's connections refuses it before anything of it is made, and a tier that needs more.
func TestNoRoomForATenant(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	f.full = errors.New("the server leaves tenants 26")
	_, err := tenants.Create(t.Context(), "acme", "pro")
	require.EqualError(t, err, "the provisioner could not apply: the server leaves tenants 26")
	assert.Equal(t, []string{"list", "dry apply pro active 1", "forget"}, f.happened)

	f, tenants = newTenant(t, "pro", api.StateActive)
	f.full = errors.New("the server leaves tenants 26")
	_, err = tenants.Tier(t.Context(), "acme", "enterprise")
	require.ErrorContains(t, err, "the server leaves tenants 26")
	assert.Equal(t, []string{"dry apply enterprise active 1"}, f.happened)
	_, err = tenants.setState(t.Context(), "acme", api.StateSuspended)
	require.NoError(t, err, "a suspension asks nothing")
}
