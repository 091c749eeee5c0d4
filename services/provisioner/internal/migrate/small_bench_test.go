package migrate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations/checks"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// BenchmarkSmallTable measures how long others wait for a table that is as large as one may be whose locks are harmless.
//
//	go test ./services/provisioner/internal/migrate -run - -bench SmallTable -benchtime 1x
func BenchmarkSmallTable(b *testing.B) {
	s := tenancytest.New(b)
	s.Must(b, s.Request(b, "acme", "enterprise", api.StateActive))
	login := s.Login(b, "acme")
	run := func(statement string) time.Duration {
		began := time.Now()
		_, err := login.Exec(b.Context(), statement)
		require.NoError(b, err, statement)
		return time.Since(began)
	}
	for b.Loop() {
		run(`CREATE TABLE small (id int PRIMARY KEY, text text, number int)`)
		run(`INSERT INTO small SELECT i, md5(i::text), i FROM generate_series(1, 338000) i`)
		var size int64
		require.NoError(b, login.QueryRow(b.Context(), `SELECT pg_total_relation_size('small')`).Scan(&size))
		require.InDelta(b, checks.SmallBytes, size, checks.SmallBytes/20)
		for _, one := range []struct{ unit, statement string }{
			{"set-not-null-ms", `ALTER TABLE small ALTER text SET NOT NULL`},
			{"index-ms", `CREATE INDEX ON small (text)`},
			{"rewrite-ms", `ALTER TABLE small ALTER number TYPE bigint`},
			{"update-ms", `UPDATE small SET text = 'none'`},
		} {
			b.ReportMetric(float64(run(one.statement).Milliseconds()), one.unit)
		}
		run(`DROP TABLE small`)
	}
	b.ReportMetric(0, "ns/op")
}
