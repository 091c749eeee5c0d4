package tenancy_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// published is what alarms see.
type published struct {
	told []api.Served
	err  error
}

func (p *published) Publish(_ time.Time, served []api.Served) error {
	p.told = append(p.told, served...)
	return p.err
}

// What broke a promise is told by tenant for a time, and published by tier once: for the tier that the tenant had.
func TestPromises(t *testing.T) { tenancytest.OnEach(t, testPromises) }

func testPromises(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	s.Must(t, s.Request(t, "beta", "pro", api.StateActive))
	alarms := &published{}
	s.Metrics = alarms
	edge := loginAsEdge(t, s)
	must(t, edge, "BEGIN")
	hour := thisHour(t, edge)
	row := func(tenant string, valid, failed, slow int64) api.UsageRow {
		return api.UsageRow{Tenant: tenant, Hour: hour, Served: valid, Valid: valid, Failed: failed, Slow: slow}
	}
	assert.True(t, record(t, edge, "a", 1, row("acme", 100, 1, 5), row("beta", 10, 2, 0), row("", 3, 3, 0), row("gone", 4, 1, 1), row("idle", 0, 0, 0)))
	assert.False(t, record(t, edge, "a", 1, row("acme", 100, 1, 5)), "the same again")
	must(t, edge, "COMMIT")

	s.Must(t, api.Request{Action: api.ActionSweep})
	assert.Equal(t, []api.Served{{Tier: "free", Valid: 100, Failed: 1, Slow: 5}, {Tier: "starter"}, {Tier: "pro", Valid: 10, Failed: 2}, {Tier: "enterprise"}}, alarms.told)
	alarms.told = nil
	s.Must(t, api.Request{Action: api.ActionSweep})
	nothing := []api.Served{{Tier: "free"}, {Tier: "starter"}, {Tier: "pro"}, {Tier: "enterprise"}}
	assert.Equal(t, nothing, alarms.told, "nothing has come since")
	alarms.told = nil

	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	assert.True(t, record(t, edge, "a", 2, row("acme", 7, 0, 0)))
	alarms.err = errors.New("the log is gone")
	_, err := s.Try(api.Request{Action: api.ActionSweep})
	require.ErrorContains(t, err, "the log is gone")
	assert.Equal(t, api.Served{Tier: "pro", Valid: 7}, alarms.told[2], "its tier now")

	response := s.Must(t, api.Request{Action: api.ActionServed, Usage: &api.UsageQuery{From: hour, To: hour.Add(2 * time.Hour)}})
	assert.Equal(t, []api.Served{
		{Tenant: "", Valid: 3, Failed: 3}, {Tenant: "gone", Valid: 4, Failed: 1, Slow: 1}, {Tenant: "beta", Tier: "pro", Valid: 10, Failed: 2},
		{Tenant: "acme", Tier: "pro", Valid: 107, Failed: 1, Slow: 5},
	}, response.Served, "the worst served first")
	response = s.Must(t, api.Request{Action: api.ActionServed, Usage: &api.UsageQuery{From: hour.Add(-time.Hour), To: hour}})
	assert.Empty(t, response.Served)
}

// A ledger of before knows nothing of promises, and neither does a gate of before: both go on.
func TestPromisesAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	must(t, admin, "ALTER TABLE platform.usage DROP COLUMN valid, DROP COLUMN failed, DROP COLUMN slow", "DROP TABLE platform.promise")
	s.Must(t, api.Request{Action: api.ActionList})
	edge := loginAsEdge(t, s)
	var taken bool
	require.NoError(t, edge.QueryRow(ctx, `SELECT platform_edge.record_usage('a', 1, 0, $1)`,
		`[{"tenant": "acme", "hour": "2026-11-29T12:00:00Z", "served": 1, "refused": 0, "admitted": 0, "bytes_in": 0, "bytes_out": 0, "milliseconds": 0}]`).Scan(&taken))
	assert.True(t, taken)
	var served, valid int
	require.NoError(t, admin.QueryRow(ctx, "SELECT served, valid FROM platform.usage").Scan(&served, &valid))
	assert.Equal(t, []int{1, 0}, []int{served, valid})
}
