package tenancy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// record hands over a batch as the edge does, and tells whether the ledger took it.
func record(t *testing.T, edge *pgx.Conn, source string, sequence int, rows ...api.UsageRow) bool {
	t.Helper()
	text, err := json.Marshal(append([]api.UsageRow{}, rows...))
	require.NoError(t, err)
	var taken bool
	require.NoError(t, edge.QueryRow(ctx, "SELECT platform_edge.record_usage($1, $2, 0, $3)", source, sequence, string(text)).Scan(&taken))
	return taken
}

// used is what the ledger has of a tenant in an hour, and, of all hours, in how many rows.
func used(t *testing.T, admin *pgx.Conn, tenant string, hour time.Time) (row api.UsageRow, rows int) {
	t.Helper()
	err := admin.QueryRow(ctx, `SELECT coalesce(sum(served), 0)::bigint, coalesce(sum(refused), 0)::bigint, coalesce(sum(admitted), 0)::bigint, coalesce(sum(bytes_in), 0)::bigint,
		coalesce(sum(bytes_out), 0)::bigint, coalesce(sum(milliseconds), 0)::bigint, (SELECT count(*) FROM platform.usage WHERE tenant = $1)
		FROM platform.usage WHERE tenant = $1 AND hour = $2`, tenant, hour).Scan(&row.Served, &row.Refused, &row.Admitted, &row.BytesIn, &row.BytesOut, &row.Milliseconds, &rows)
	require.NoError(t, err)
	return row, rows
}

// thisHour is the database's.
func thisHour(t *testing.T, admin *pgx.Conn) (hour time.Time) {
	t.Helper()
	require.NoError(t, admin.QueryRow(ctx, "SELECT date_trunc('hour', now(), 'UTC')").Scan(&hour))
	return hour
}

// A batch counts once, however often it comes; each source counts its own, and all sources of an hour are one row.
func TestLedgerCountsOnce(t *testing.T) { tenancytest.OnEach(t, testLedgerCountsOnce) }

func testLedgerCountsOnce(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	admin, edge := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword), loginAsEdge(t, s)
	// In a transaction the database's clock stands still, whatever hour begins meanwhile.
	must(t, edge, "BEGIN")
	hour := thisHour(t, edge)
	row := api.UsageRow{Tenant: "acme", Hour: hour, Served: 1, Refused: 2, Admitted: 3, BytesIn: 4, BytesOut: 5, Milliseconds: 6}
	unknown := row
	unknown.Tenant = "gone"
	assert.True(t, record(t, edge, "a", 1, row, unknown))
	assert.False(t, record(t, edge, "a", 1, row, unknown), "the same again")
	assert.True(t, record(t, edge, "b", 1, row), "a sequence is one of its source")
	assert.True(t, record(t, edge, "a", 3, row))
	assert.False(t, record(t, edge, "a", 2, row), "an earlier one")
	earlier := row
	earlier.Hour = hour.Add(-time.Hour)
	assert.True(t, record(t, edge, "a", 4, earlier, row))
	assert.True(t, record(t, edge, "a", 5))
	must(t, edge, "COMMIT")
	got, rows := used(t, admin, "acme", hour)
	assert.Equal(t, api.UsageRow{Served: 4, Refused: 8, Admitted: 12, BytesIn: 16, BytesOut: 20, Milliseconds: 24}, got)
	assert.Equal(t, 2, rows, "one an hour")
	got, _ = used(t, admin, "acme", hour.Add(-time.Hour))
	assert.Equal(t, int64(1), got.Served)
	got, _ = used(t, admin, "gone", hour)
	assert.Equal(t, int64(1), got.Served, "whom the ledger does not know is counted")
}

// The hour is that of the request as long as the database's clock can believe it.
func TestLedgerClampsHours(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, api.Request{Action: api.ActionList})
	admin, edge := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword), loginAsEdge(t, s)
	must(t, edge, "BEGIN")
	hour := thisHour(t, edge)
	at := func(d time.Duration) api.UsageRow {
		return api.UsageRow{Tenant: "acme", Hour: hour.Add(d), Served: 1}
	}
	assert.True(t, record(t, edge, "a", 1, at(0), at(59*time.Minute), at(time.Hour), at(48*time.Hour), at(-time.Second), at(-time.Hour), at(-2*time.Hour), at(-3*time.Hour), at(-48*time.Hour)))
	must(t, edge, "COMMIT")
	for ago, want := range map[int]int64{0: 4, 1: 2, 2: 3} {
		got, rows := used(t, admin, "acme", hour.Add(-time.Duration(ago)*time.Hour))
		assert.Equal(t, want, got.Served, "%d hours ago", ago)
		assert.Equal(t, 3, rows)
	}
}

// A batch that is wrong is refused whole, and can come again when it is right.
func TestLedgerRefusesWholeBatches(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, api.Request{Action: api.ActionList})
	admin, edge := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword), loginAsEdge(t, s)
	hour := thisHour(t, admin)
	for want, rows := range map[string]string{
		"usage_served_check": `[{"tenant": "acme", "hour": "2026-11-29T12:00:00Z", "served": 1, "refused": 0, "admitted": 0, "bytes_in": 0, "bytes_out": 0, "milliseconds": 0},
			{"tenant": "beta", "hour": "2026-11-29T12:00:00Z", "served": -1, "refused": 0, "admitted": 0, "bytes_in": 0, "bytes_out": 0, "milliseconds": 0}]`,
		"null value in column":              `[{"tenant": "acme", "hour": "2026-11-29T12:00:00Z", "served": 1}]`,
		"usage_tenant_check":                fmt.Sprintf(`[{"tenant": "%064d", "hour": "2026-11-29T12:00:00Z", "served": 1, "refused": 0, "admitted": 0, "bytes_in": 0, "bytes_out": 0, "milliseconds": 0}]`, 0),
		"got 20001 rows, expected at most":  "[" + strings.Repeat("{},", api.MaxUsageRows) + "{}]",
		"cannot get array length of a":      `{}`,
		"invalid input syntax for type big": `[{"served": "many"}]`,
	} {
		_, err := edge.Exec(ctx, "SELECT platform_edge.record_usage('a', 1, 0, $1)", rows)
		assert.ErrorContains(t, err, want)
	}
	_, rows := used(t, admin, "acme", hour)
	assert.Zero(t, rows)
	assert.True(t, record(t, edge, "a", 1, api.UsageRow{Tenant: "acme", Hour: hour, Served: 1}))
}

// Two sources that write the same rows at once, in whatever order they name them, do not lock each other out.
func TestLedgerBesideAnother(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, api.Request{Action: api.ActionList})
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	must(t, admin, "ALTER ROLE platform_gate PASSWORD 'edge'")
	hour := thisHour(t, admin)
	const tenants, batches = 50, 40
	var forth []api.UsageRow
	for i := range tenants {
		forth = append(forth, api.UsageRow{Tenant: fmt.Sprint(i), Hour: hour, Served: 1})
	}
	back := slices.Clone(forth)
	slices.Reverse(back)
	edges := []*pgx.Conn{s.Server.Connect(t, api.EdgeRole, "edge"), s.Server.Connect(t, api.EdgeRole, "edge")}
	failed := make(chan error, 2)
	for i, rows := range [][]api.UsageRow{forth, back} {
		text, err := json.Marshal(rows)
		require.NoError(t, err)
		go func() {
			var err error
			for sequence := 1; sequence <= batches && err == nil; sequence++ {
				_, err = edges[i].Exec(ctx, "SELECT platform_edge.record_usage($1, $2, 0, $3)", fmt.Sprint(i), sequence, string(text))
			}
			failed <- err
		}()
	}
	require.NoError(t, <-failed)
	require.NoError(t, <-failed)
	var served int
	require.NoError(t, admin.QueryRow(ctx, "SELECT sum(served) FROM platform.usage").Scan(&served))
	assert.Equal(t, 2*tenants*batches, served)
}

// Today is what has been admitted since midnight of UTC, of the tenants that there are.
func TestLedgerOfToday(t *testing.T) { tenancytest.OnEach(t, testLedgerOfToday) }

func testLedgerOfToday(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	s.Must(t, s.Request(t, "beta", "free", api.StateActive))
	admin, edge := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword), loginAsEdge(t, s)
	must(t, edge, "BEGIN", "SET TIME ZONE 'Pacific/Auckland'") // another day begins there
	var midnight time.Time
	require.NoError(t, edge.QueryRow(ctx, "SELECT date_trunc('day', now(), 'UTC')").Scan(&midnight))
	for hours, admitted := range map[int]int{-1: 1000, 0: 10, 5: 1, 23: 100} {
		for _, tenant := range []string{"acme", "gone"} {
			_, err := admin.Exec(ctx, `INSERT INTO platform.usage VALUES ($1, $2, 1, 1, $3, 1, 1, 1)`, midnight.Add(time.Duration(hours)*time.Hour), tenant, admitted)
			require.NoError(t, err)
		}
	}
	rows, err := edge.Query(ctx, "SELECT slug, admitted, ends FROM platform_edge.used_today")
	require.NoError(t, err)
	type today struct {
		Slug     string
		Admitted int64
		Ends     time.Time
	}
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[today])
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, midnight.Add(24*time.Hour).Unix(), got[0].Ends.Unix())
	got[0].Ends = time.Time{}
	assert.Equal(t, today{Slug: "acme", Admitted: 111}, got[0])
}

// The edge's role hands over and reads sums, and touches nothing of the ledger. A tenant reaches neither.
func TestLedgerIsNobodys(t *testing.T) { tenancytest.OnEach(t, testLedgerIsNobodys) }

func testLedgerIsNobodys(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	edge, tenant := loginAsEdge(t, s), s.Login(t, "acme")
	record(t, edge, "a", 1, api.UsageRow{Tenant: "acme", Hour: time.Now(), Served: 1})
	tables := []string{
		"SELECT * FROM platform.usage", "INSERT INTO platform.usage VALUES (now(), 'acme', 1, 1, 1, 1, 1, 1)", "UPDATE platform.usage SET admitted = 0", "DELETE FROM platform.usage",
		"TRUNCATE platform.usage", "SELECT * FROM platform.usage_source", "DELETE FROM platform.usage_source",
		"CREATE OR REPLACE FUNCTION platform_edge.record_usage(text, bigint, bigint, jsonb) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
	}
	for _, statement := range append([]string{
		"DELETE FROM platform_edge.used_today", "ALTER FUNCTION platform_edge.record_usage RESET search_path", "DROP FUNCTION platform_edge.record_usage",
		"GRANT EXECUTE ON FUNCTION platform_edge.record_usage TO PUBLIC; SELECT 1 / has_function_privilege('tenant_acme', 'platform_edge.record_usage(text, bigint, bigint, jsonb)', 'EXECUTE')::int",
	}, tables...) {
		_, err := edge.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol)
		assert.Error(t, err, "the edge: %s", statement)
	}
	for _, statement := range append([]string{
		"SELECT * FROM platform_edge.used_today", "SELECT platform_edge.record_usage('b', 1, 0, '[]')",
		"CREATE VIEW reach AS SELECT * FROM platform_edge.used_today", "CREATE FUNCTION reach() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$SELECT platform_edge.record_usage('b', 1, 0, '[]')$$",
	}, tables...) {
		_, err := tenant.Exec(ctx, statement)
		assert.Error(t, err, "a tenant: %s", statement)
	}
	var rows, sources int
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	require.NoError(t, admin.QueryRow(ctx, "SELECT (SELECT count(*) FROM platform.usage WHERE served = 1), (SELECT count(*) FROM platform.usage_source)").Scan(&rows, &sources))
	assert.Equal(t, []int{1, 1}, []int{rows, sources})
}

// What was taken away or changed, by hand or by an older version of this program, comes back with the next call; what is right stays as it is.
func TestLedgerIsRepaired(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, api.Request{Action: api.ActionList})
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	made := func() (version string) {
		require.NoError(t, admin.QueryRow(ctx, "SELECT oid || '/' || xmin FROM pg_proc WHERE proname = 'record_usage'").Scan(&version))
		return version
	}
	before := made()
	s.Must(t, api.Request{Action: api.ActionList})
	assert.Equal(t, before, made(), "what is right is not made again")
	for i, damage := range []string{
		"DROP VIEW platform_edge.used_today", "DROP FUNCTION platform_edge.record_usage", "DROP TABLE platform.usage CASCADE", "DROP TABLE platform.usage_source",
		"REVOKE SELECT ON platform_edge.used_today FROM platform_gate", "REVOKE EXECUTE ON FUNCTION platform_edge.record_usage FROM platform_gate",
		"GRANT EXECUTE ON FUNCTION platform_edge.record_usage TO PUBLIC", "ALTER FUNCTION platform_edge.record_usage RESET search_path",
		"ALTER FUNCTION platform_edge.record_usage SECURITY INVOKER",
		"CREATE OR REPLACE FUNCTION platform_edge.record_usage(batch_source text, batch_sequence bigint, batch_dropped bigint, batch_rows jsonb) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT true'",
	} {
		must(t, admin, damage)
		s.Must(t, api.Request{Action: api.ActionList})
		edge := loginAsEdge(t, s)
		tenant := fmt.Sprintf("t%d", i)
		assert.True(t, record(t, edge, tenant, 1, api.UsageRow{Tenant: tenant, Hour: time.Now(), Served: 1}), damage)
		var rows int
		require.NoError(t, admin.QueryRow(ctx, "SELECT count(*) FROM platform.usage WHERE tenant = $1", tenant).Scan(&rows), damage)
		assert.Equal(t, 1, rows, damage)
		must(t, edge, "SELECT * FROM platform_edge.used_today")
		var open bool
		require.NoError(t, admin.QueryRow(ctx, "SELECT has_function_privilege('public', 'platform_edge.record_usage(text, bigint, bigint, jsonb)', 'EXECUTE')").Scan(&open))
		assert.False(t, open, damage)
		require.NoError(t, edge.Close(ctx))
	}
}

// The sweep forgets what is older than 13 months, and sources that nobody has heard of for a week.
func TestSweepForgetsOldUsage(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, api.Request{Action: api.ActionList})
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	must(t, admin, `INSERT INTO platform.usage SELECT now() - age, 'acme', 1, 1, 1, 1, 1, 1 FROM unnest('{13 months 1 hour, 12 months 25 days, 0}'::interval[]) age`,
		`INSERT INTO platform.usage_source SELECT age::text, 1, 0, now() - age FROM unnest('{7 days 1 hour, 6 days, 0}'::interval[]) age`)
	s.Must(t, api.Request{Action: api.ActionSweep})
	var rows, sources int
	require.NoError(t, admin.QueryRow(ctx, "SELECT (SELECT count(*) FROM platform.usage), (SELECT count(*) FROM platform.usage_source)").Scan(&rows, &sources))
	assert.Equal(t, []int{2, 2}, []int{rows, sources})
}
