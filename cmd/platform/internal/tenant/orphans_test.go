package tenant

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// createOrphans leaves secrets in the environment, of which acme's stack has one, and returns what is deleted.
func createOrphans(f *fakeEnvironment) (deleted *[]string) {
	deleted = &[]string{}
	secret := func(arn, environment, tenant, versions string) string {
		return fmt.Sprintf(`{"ARN":%q,"Tags":[{"Key":"environment","Value":%q},{"Key":"tenant","Value":%q}]%s}`, arn, environment, tenant, versions)
	}
	const held = `,"SecretVersionsToStages":{"1":["AWSCURRENT"]}`
	answer := func(list string) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("X-Amz-Target"), ".Delete") {
				_, _ = rw.Write([]byte(list))
				return
			}
			var asked struct{ SecretId string } //nolint:revive // AWS's own name
			_ = json.NewDecoder(r.Body).Decode(&asked)
			*deleted = append(*deleted, asked.SecretId)
			_, _ = rw.Write([]byte(`{}`))
		}
	}
	f.secrets = answer(`{"SecretList":[` + strings.Join([]string{
		secret("arn:secret", "prod", "acme", held), secret("arn:empty", "prod", "acme", ""), secret("arn:used", "prod", "acme", held),
		secret("arn:other", "prod", "acme-two", ""), secret("arn:dev", "dev", "acme", ""),
	}, ",") + `]}`)
	return deleted
}

func TestWhatAKilledRunLeft(t *testing.T) {
	t.Parallel()
	t.Run("goes when the creation is repeated", func(t *testing.T) {
		t.Parallel()
		f, tenants := newFakeEnvironment(t)
		deleted := createOrphans(f)
		f.exists = true // and holds nothing yet
		report, err := tenants.Create(t.Context(), "acme", "pro")
		require.NoError(t, err)
		assert.Equal(t, []string{"arn:empty"}, *deleted)
		assert.Empty(t, report.Warnings)
	})
	t.Run("is not looked for where none was killed", func(t *testing.T) {
		t.Parallel()
		f, tenants := newFakeEnvironment(t)
		deleted := createOrphans(f)
		_, err := tenants.Create(t.Context(), "acme", "pro")
		require.NoError(t, err)
		_, err = tenants.Tier(t.Context(), "acme", "starter")
		require.NoError(t, err)
		assert.Empty(t, *deleted)
	})
	t.Run("goes with the tenant", func(t *testing.T) {
		t.Parallel()
		f, tenants := newTenant(t, "pro", api.StateActive)
		deleted := createOrphans(f)
		_, err := tenants.Offboard(t.Context(), "acme", false)
		require.NoError(t, err)
		assert.Equal(t, []string{"arn:empty"}, *deleted)
	})
	t.Run("makes way for a repeated creation", func(t *testing.T) {
		t.Parallel()
		f, tenants := newFakeEnvironment(t)
		createOrphans(f)
		f.exists = true // and holds nothing yet
		f.outputs["tenantNamespaces"], f.outputs["clusterName"] = true, "platform-prod-cluster"
		f.eks = func(rw http.ResponseWriter, r *http.Request) {
			f.happened = append(f.happened, r.Method+" "+r.URL.RequestURI())
			if r.Method == http.MethodGet {
				_, _ = rw.Write([]byte(`{"associations":[{"associationId":"a-left","namespace":"tenant-acme"}]}`))
				return
			}
			_, _ = rw.Write([]byte(`{}`))
		}
		_, err := tenants.Create(t.Context(), "acme", "pro")
		require.NoError(t, err)
		const all = "/clusters/platform-prod-cluster/pod-identity-associations"
		up := slices.Index(f.happened, "up")
		require.Positive(t, up, "%v", f.happened)
		assert.Equal(t, []string{"GET " + all + "?namespace=tenant-acme", "DELETE " + all + "/a-left"}, f.happened[up-2:up])
	})
	t.Run("is told when it cannot be looked for", func(t *testing.T) {
		t.Parallel()
		f, tenants := newTenant(t, "pro", api.StateActive)
		f.secrets = func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
			rw.WriteHeader(http.StatusBadRequest)
			_, _ = rw.Write([]byte(`{"__type":"AccessDeniedException","message":"no"}`))
		}
		report, err := tenants.Offboard(t.Context(), "acme", false)
		require.NoError(t, err, "the tenant is gone")
		require.Len(t, report.Warnings, 1)
		assert.Contains(t, report.Warnings[0], "a run that was killed may have left an empty secret or a role's binding of tenant acme")
		assert.Contains(t, report.Warnings[0], "AccessDeniedException")
	})
}
