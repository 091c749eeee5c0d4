package e2e

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestSampleTenants(t *testing.T) {
	c := testcloud.Shared(t)
	tenants := observe.Tenants(t, c)
	for tenant, want := range map[string]string{"acme": "pro active", "birch": "free active"} {
		assert.Equal(t, want, tenants[tenant], tenant)
	}
}

// TestTenantCreation makes a tenant, and makes it again. In a whole run it is the one that TestChangedSettings had refused.
func TestTenantCreation(t *testing.T) {
	t.Parallel()
	proof := readinesstest.Prove(t, "onboarding", "local")
	c := testcloud.Shared(t)
	c.Platform(t, nil, "tenant", "create", "cedar", "--tier", "starter", "--dry-run")
	assert.Empty(t, observe.Role(t, c, "cedar"), "a dry run makes no tenant")
	assert.NotContains(t, observe.Tenants(t, c), "cedar")

	t.Cleanup(func() { offboard(t, c, "cedar") })
	began := time.Now()
	cedar := create(t, c, "cedar", "starter")
	proof.Number("creation", time.Since(began).Seconds(), "s")
	assert.Equal(t, "active", cedar.State)
	assert.Equal(t, []any{true, int32(5)}, observe.Role(t, c, "cedar"), "login, connections of its tier")
	checkPlace(t, c, "cedar", "250m", "256Mi", "4")
	cedar = create(t, c, "cedar", "starter")
	assert.Zero(t, cedar.Changes["create"]+cedar.Changes["update"], "%v", cedar.Changes)
	printed := c.Fails(t, exitFailed, "tenant", "create", "cedar", "--tier", "pro")
	assert.Contains(t, printed, `tier: got "pro", expected "starter", which tenant cedar of local has`)
	assert.Equal(t, []any{true, int32(5)}, observe.Role(t, c, "cedar"))
}

// TestTenant changes a tenant that is connected and has data. Each part begins with an active tenant of the tier pro.
func TestTenant(t *testing.T) {
	t.Parallel()
	c := testcloud.Shared(t)
	t.Cleanup(func() { offboard(t, c, "fir") })
	fir := create(t, c, "fir", "starter")
	worker := login(t, c, fir) // the tenant's own connection
	writeNote(t, worker)
	t.Run("it reaches its own schema alone", func(t *testing.T) {
		_, err := worker.Exec(t.Context(), `select * from tenant_acme.anything`)
		require.ErrorContains(t, err, "permission denied for schema tenant_acme")
		shown := show(t, c, "fir")
		assert.Equal(t, tenantMeasured{Slug: "fir", Tier: "starter", State: "active", Tables: 1, Sessions: 1}, shown.Tenant)
		assert.Empty(t, shown.Archives)
	})
	change := func(t *testing.T, verb string, more ...string) tenantReport {
		t.Helper()
		var changed tenantReport
		c.Platform(t, &changed, append([]string{"tenant", verb, "fir"}, more...)...)
		return changed
	}
	change(t, "tier", "pro")
	assert.Equal(t, []any{true, int32(15)}, observe.Role(t, c, "fir"), "the connections of the new tier")
	checkPlace(t, c, "fir", "1", "1Gi", "10")
	assert.Equal(t, 1, notes(t, worker), "no data was touched, no session ended")

	t.Run("read only", func(t *testing.T) {
		worker := login(t, c, fir)
		limited := change(t, "suspend", "--read-only")
		assert.Equal(t, "limited", limited.State)
		assert.Equal(t, []any{true, int32(1)}, observe.Role(t, c, "fir"), "one connection")
		_, err := worker.Exec(t.Context(), "select 1")
		require.Error(t, err, "what began under other privileges is ended")
		reader := login(t, c, fir)
		assert.Equal(t, 1, notes(t, reader))
		_, err = reader.Exec(t.Context(), "insert into notes values (2, 'more')")
		require.Error(t, err)
		require.NoError(t, reader.Close(t.Context()))
		change(t, "resume")
		assert.Equal(t, []any{true, int32(15)}, observe.Role(t, c, "fir"))
	})
	t.Run("suspended while it is connected", func(t *testing.T) {
		worker := login(t, c, fir)
		change(t, "suspend")
		_, err := worker.Exec(t.Context(), "select 1")
		require.Error(t, err, "its session is ended")
		_, err = pgx.ConnectConfig(t.Context(), prisma(t, c, fir))
		require.Error(t, err, "it cannot log in")
		assert.Equal(t, false, observe.Role(t, c, "fir")[0])
		checkPlace(t, c, "fir", "1", "1Gi", "0")
		change(t, "resume")
		checkPlace(t, c, "fir", "1", "1Gi", "10")
		assert.Equal(t, []any{true, int32(15)}, observe.Role(t, c, "fir"), "exactly what it had")
		assert.Equal(t, 1, notes(t, login(t, c, fir)))
	})
	t.Run("another password", func(t *testing.T) {
		worker, old := login(t, c, fir), prisma(t, c, fir)
		observe.RememberSecrets(t, c, "/fir-")
		change(t, "rotate")
		_, err := pgx.ConnectConfig(t.Context(), old)
		require.ErrorContains(t, err, "password authentication failed")
		assert.Equal(t, 1, notes(t, worker), "open sessions go on")
		assert.Equal(t, 1, notes(t, login(t, c, fir)))
	})
}

// TestTenantArchive removes a tenant, which it refuses without an archive of the data, and restores the archive into another.
func TestTenantArchive(t *testing.T) {
	t.Parallel()
	c := testcloud.Shared(t)
	t.Cleanup(func() { offboard(t, c, "ginkgo") })
	worker := login(t, c, create(t, c, "ginkgo", "pro"))
	writeNote(t, worker)
	printed := c.Fails(t, exitFailed, "tenant", "offboard", "ginkgo")
	assert.Contains(t, printed, "archive")
	assert.Equal(t, 1, notes(t, worker), "a tenant with data is not removed")

	var answer struct {
		Archive struct {
			Key  string `json:"key"`
			Rows int    `json:"rows"`
		} `json:"archive"`
	}
	c.Platform(t, &answer, "tenant", "archive", "ginkgo")
	assert.Equal(t, 1, answer.Archive.Rows)
	require.NoError(t, worker.Close(t.Context()))
	observe.RememberSecrets(t, c, "/ginkgo-")
	c.Platform(t, nil, "tenant", "offboard", "ginkgo")
	assert.Empty(t, observe.Role(t, c, "ginkgo"))
	assert.NotContains(t, observe.Tenants(t, c), "ginkgo")
	c.Fails(t, exitNoTenant, "tenant", "offboard", "ginkgo") // once more
	c.Fails(t, exitNoTenant, "tenant", "suspend", "ginkgo")
	archives := show(t, c, "ginkgo").Archives
	require.Len(t, archives, 1, "its archive stays")
	assert.Equal(t, answer.Archive.Key, archives[0].Key)

	t.Cleanup(func() { offboard(t, c, "ginkgo-again") })
	again := create(t, c, "ginkgo-again", "pro")
	c.Platform(t, nil, "tenant", "restore", "ginkgo-again", "--of", "ginkgo", "--newest")
	restored := login(t, c, again)
	assert.Equal(t, 1, notes(t, restored))
	require.NoError(t, restored.Close(t.Context()))
}

// TestTenantSecretDeletedByHand has a sample tenant's secret deleted, and brought back.
func TestTenantSecretDeletedByHand(t *testing.T) {
	t.Parallel()
	c := testcloud.Shared(t)
	observe.RememberSecrets(t, c, "/birch-")
	gone := create(t, c, "birch", "free").SecretARN
	_, err := secretsmanager.NewFromConfig(c.AWS()).DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: aws.String(gone), ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	require.NoError(t, err)
	birch := create(t, c, "birch", "free")
	assert.NotEqual(t, gone, birch.SecretARN)
	require.NoError(t, login(t, c, birch).Close(t.Context()))
}
