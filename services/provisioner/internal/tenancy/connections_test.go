package tenancy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// Tiers promise connections, of which the server has only so many: 40, less the 5 that RDS keeps and the 9 of the provisioner.
func TestConnectionsOfAllTenantsFit(t *testing.T) {
	t.Parallel()
	versions := postgrestest.Versions(t)
	s := tenancytest.NewOn(t, versions[len(versions)-1], "max_connections=40")
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	s.Must(t, s.Request(t, "bolt", "free", api.StateActive))

	const refusal = "the other tenants may open 15 connections, tier pro would add 15, and the server leaves tenants 26 " +
		"(max_connections 40, less 5 that RDS keeps and 9 that the platform needs, plus 0 per cent by CONNECTION_OVERCOMMIT_PERCENT): choose a tier with fewer connections"
	more := s.Request(t, "bolt", "pro", api.StateActive)
	tried := more
	tried.DryRun, tried.SecretARN = true, ""
	for _, request := range []api.Request{tried, more} {
		_, err := s.Do(t.Context(), request)
		require.ErrorContains(t, err, refusal)
	}
	record := s.Must(t, api.Request{Action: api.ActionRecord, Tenant: "bolt"}).Tenant
	assert.Equal(t, "free", record.Tier, "nothing changed")
	assert.Equal(t, 3, record.Limits.Connections)
	newcomer := s.Request(t, "cedar", "pro", api.StateActive)
	_, err := s.Do(t.Context(), newcomer)
	require.ErrorContains(t, err, "the other tenants may open 18 connections")

	s.Must(t, s.Request(t, "bolt", "starter", api.StateActive))
	s.Must(t, s.Request(t, "bolt", "free", api.StateSuspended))
	s.OvercommitPercent = 27 // 33 of 26
	s.Must(t, newcomer)
	s.OvercommitPercent = 0
	s.Must(t, newcomer) // who has the connections keeps them, whatever the server has become
	s.Must(t, s.Request(t, "cedar", "starter", api.StateActive))
}
