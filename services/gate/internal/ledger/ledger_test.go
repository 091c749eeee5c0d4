package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/services/gate/internal/gatetest"
	"github.com/genericcorp/platform/services/gate/internal/ledger"
	"github.com/genericcorp/platform/services/gate/internal/usage"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a ledger over a real server, with a function that keeps what it is given. What the provisioner's own function does with it is
// tested there, and both together in tests/edge.
type fixture struct {
	*gatetest.Database
	*ledger.Ledger
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Database: gatetest.NewDatabase(t)}
	f.Exec(t, fmt.Sprintf(`CREATE TABLE %[1]s.given (source text, sequence bigint, dropped bigint, rows jsonb);
		CREATE FUNCTION %[1]s.%[2]s(text, bigint, bigint, jsonb) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO %[1]s.given VALUES ($1, $2, $3, $4); SELECT true'`,
		api.EdgeSchema, api.EdgeRecord))
	f.Ledger = &ledger.Ledger{Database: f.Database.Database}
	t.Cleanup(func() { f.Close(t.Context()) })
	return f
}

// given are the batches that the function got, as "source/sequence".
func (f *fixture) given(t *testing.T) []string {
	t.Helper()
	rows, err := f.Admin.Query(t.Context(), "SELECT source || '/' || sequence FROM platform_edge.given ORDER BY sequence")
	require.NoError(t, err)
	batches, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return batches
}

// A batch arrives as it is, without rows as well.
func TestRecord(t *testing.T) {
	t.Parallel()
	f := start(t)
	hour := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	require.NoError(t, f.Record(t.Context(), usage.Batch{Source: "a", Sequence: 1, Dropped: 9, Rows: []usage.Row{{
		Tenant: "acme", Hour: hour, Counts: usage.Counts{Served: 1, Refused: 2, Admitted: 3, BytesIn: 4, BytesOut: 5, Duration: 6 * time.Millisecond, Valid: 7, Failed: 8, Slow: 9},
	}}}))
	require.NoError(t, f.Record(t.Context(), usage.Batch{Source: "a", Sequence: 2, Dropped: 1}))
	var dropped int
	var row, none string
	require.NoError(t, f.Admin.QueryRow(t.Context(), "SELECT dropped, rows, (SELECT rows FROM platform_edge.given WHERE sequence = 2) FROM platform_edge.given WHERE sequence = 1").Scan(&dropped, &row, &none))
	assert.Equal(t, 9, dropped)
	assert.JSONEq(t, `[{"tenant": "acme", "hour": "2026-11-29T12:00:00Z", "served": 1, "refused": 2, "admitted": 3, "bytes_in": 4, "bytes_out": 5, "milliseconds": 6, "valid": 7, "failed": 8, "slow": 9}]`, row)
	assert.JSONEq(t, "[]", none)
}

// A session that ended, with a password that was rotated, costs no batch.
func TestRecordAfterARotation(t *testing.T) {
	t.Parallel()
	f := start(t)
	require.NoError(t, f.Record(t.Context(), usage.Batch{Source: "a", Sequence: 1}))
	f.Rotate(t, "two")
	require.NoError(t, f.Record(t.Context(), usage.Batch{Source: "a", Sequence: 2}))
	assert.Equal(t, []string{"a/1", "a/2"}, f.given(t))
}

// What the ledger refuses is an error, and the next batch gets there.
func TestRecordFails(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Exec(t, "REVOKE USAGE ON SCHEMA platform_edge FROM platform_gate")
	require.ErrorContains(t, f.Record(t.Context(), usage.Batch{Source: "a", Sequence: 1}), "hand over what tenants used: ERROR: permission denied for schema platform_edge")
	f.Login(t, "wrong")
	require.ErrorContains(t, f.Record(t.Context(), usage.Batch{Source: "a", Sequence: 1}), "reach the ledger: ")
	f.Login(t, "one")
	f.Exec(t, "GRANT USAGE ON SCHEMA platform_edge TO platform_gate")
	require.NoError(t, f.Record(t.Context(), usage.Batch{Source: "a", Sequence: 1}))
	assert.Equal(t, []string{"a/1"}, f.given(t))
}
