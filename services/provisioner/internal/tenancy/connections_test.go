package tenancy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// Tiers promise connections, of which the server has only so many.
func TestConnectionsOfAllTenantsFit(t *testing.T) {
	t.Parallel()
	versions := postgrestest.Versions(t)
	s := tenancytest.NewOn(t, versions[len(versions)-1], "max_connections=40")
	assert.Empty(t, s.Must(t, s.Request(t, "acme", "pro", api.StateActive)).Warnings)
	assert.Empty(t, s.Must(t, s.Request(t, "bolt", "free", api.StateActive)).Warnings)
	for _, tier := range []string{"pro", "enterprise"} { // 30 fit neither, nor do 55
		warnings := s.Must(t, s.Request(t, "bolt", tier, api.StateActive)).Warnings
		require.Len(t, warnings, 1)
		assert.Regexp(t, `^the tenants of this database may open (30|55) connections together, and the server takes 28: `, warnings[0])
	}
	assert.Empty(t, s.Must(t, s.Request(t, "bolt", "enterprise", api.StateActive)).Warnings, "told once")
	assert.Empty(t, s.Must(t, s.Request(t, "bolt", "starter", api.StateActive)).Warnings)
}
