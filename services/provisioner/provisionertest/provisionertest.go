// Package provisionertest gives tests of other services a provisioner on a PostgreSQL server of its own.
package provisionertest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// Provisioner answers as the function does.
type Provisioner struct{ setup *tenancytest.Setup }

// New starts a server for the test and a provisioner on it.
func New(t testing.TB) *Provisioner {
	t.Helper()
	return &Provisioner{setup: tenancytest.New(t)}
}

// Do answers one request, through the JSON of the contract.
func (p *Provisioner) Do(ctx context.Context, request api.Request) (api.Response, error) {
	text, err := json.Marshal(request)
	if err != nil {
		return api.Response{}, err
	}
	parsed, err := api.Parse(text)
	if err != nil {
		return api.Response{}, err
	}
	return p.setup.Do(ctx, parsed)
}

// Deploy has the tenant as its stack says.
func (p *Provisioner) Deploy(t testing.TB, tenant, tier string) api.Tenant {
	t.Helper()
	return *p.setup.Must(t, p.setup.Request(t, tenant, tier, api.StateActive)).Tenant
}

// Login connects as the tenant, by its secret. The connection ends with the test.
func (p *Provisioner) Login(t testing.TB, tenant string) (*pgx.Conn, error) {
	t.Helper()
	return p.setup.TryLogin(t, tenant)
}
