package tenancy_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// What the ledger has taken outlives a server that is killed at any moment, and what a source hands over again counts once; the breaker acts once
// on it. BenchmarkKilled kills all programs, more often.
func TestLedgerOutlivesTheServer(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t, "synchronous_commit=on", "full_page_writes=on")
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	publish(t, s, prices())
	loginAsEdge(t, s) // which gives the role its password
	const batches, kills = 400, 2
	var taken atomic.Int64
	done := make(chan error, 1)
	go func() {
		done <- handOver(s, batches, &taken)
	}()
	for kill := range kills {
		require.Eventually(t, func() bool { return taken.Load() > int64(batches*(kill+1)/(kills+2)) }, time.Minute, time.Millisecond)
		s.Server.Kill(t)
	}
	require.NoError(t, <-done)
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	require.Equal(t, int64(batches), value[int64](t, admin, `SELECT sum(served)::bigint FROM platform.usage WHERE tenant = 'acme'`))
	// A connection of the pool may be one of before the last kill, which the first call finds out.
	require.Eventually(t, func() bool { _, err := s.Try(sweep); return err == nil }, time.Minute, time.Millisecond)
	s.Must(t, sweep)
	require.Equal(t, "suspended", stands(t, s, "acme").Level)
	require.Equal(t, int64(1), value[int64](t, admin, `SELECT count(*) FROM platform.breaker_event`))
}

// handOver hands over batches of one request each, as gate does: the next one when the ledger has taken the last, which is handed over again until then.
func handOver(s *tenancytest.Setup, batches int, taken *atomic.Int64) error {
	var edge *pgx.Conn
	row := `[{"tenant": "acme", "hour": "` + time.Now().UTC().Format(time.RFC3339) + `", "served": 1, "refused": 0, "admitted": 1, "bytes_in": 0, "bytes_out": 0, "milliseconds": 10000}]`
	end := time.Now().Add(time.Minute)
	for sequence := 1; sequence <= batches; {
		if time.Now().After(end) {
			return fmt.Errorf("batch %d is not taken", sequence)
		}
		if edge == nil {
			connection, err := pgx.Connect(ctx, s.Server.URL(api.EdgeRole, "edge", s.Server.Database))
			if err != nil {
				time.Sleep(time.Millisecond) // the server is not there
				continue
			}
			edge = connection
		}
		if _, err := edge.Exec(ctx, "SELECT platform_edge.record_usage('gate', $1, 0, $2)", sequence, row); err != nil {
			_ = edge.Close(ctx) // the server has gone
			edge = nil
			continue
		}
		sequence++
		taken.Add(1)
	}
	return edge.Close(ctx)
}
