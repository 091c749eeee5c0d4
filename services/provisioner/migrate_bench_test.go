package main

import (
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

var (
	benchTenants = flag.Int("tenants", 1000, "how many tenants BenchmarkMigrate makes")
	benchKills   = flag.Int("kills", 20, "how often BenchmarkMigrate and BenchmarkKilled kill each program")
)

// BenchmarkMigrate measures the program itself, as Lambda runs it: how long 1,000 tenants take to get a migration of three statements, and
// to be found to lack nothing; and that after 20 kills in the middle of the next one each of them has it once. A few tenants show in a minute
// that it works (-tenants 5 -kills 2).
//
//	go test ./services/provisioner -run - -bench Migrate -benchtime 1x -timeout 60m
func BenchmarkMigrate(b *testing.B) {
	tenants, kills := *benchTenants, *benchKills
	versions := postgrestest.Versions(b)
	s := tenancytest.NewOn(b, versions[len(versions)-1], "max_locks_per_transaction=1024", "log_statement=none")
	s.Ceiling, s.OvercommitPercent = 1<<20, 1<<20
	s.Crowd(b, tenants, 0)
	program := build(b)
	list := []migrations.Migration{{Name: "1_notes", SQL: `CREATE TABLE note (id serial PRIMARY KEY, text text NOT NULL); CREATE INDEX note_text ON note (text); INSERT INTO note (text) VALUES ('first');`}}
	for b.Loop() {
		running := start(b, s, program)
		b.ReportMetric(running.migrate(b, list, tenants).Seconds(), "migrate-s")
		b.ReportMetric(milliseconds(running.migrate(b, list, tenants)), "nothing-to-do-ms")
		b.ReportMetric(running.end(b), "MiB")

		list = append(list, migrations.Migration{Name: "2_more", SQL: `ALTER TABLE note ADD COLUMN colour text; CREATE INDEX note_colour ON note (colour); INSERT INTO note (text) VALUES ('second');`})
		for range kills {
			running := start(b, s, program)
			running.calls <- migrateCall(b, list)
			after, err := rand.Int(rand.Reader, big.NewInt(int64(2*time.Second)))
			if err != nil {
				b.Fatal(err)
			}
			time.Sleep(time.Duration(after.Int64()))
			running.end(b)
		}
		rest := start(b, s, program)
		rest.migrate(b, list, tenants)
		rest.end(b)
		once := 0
		super := s.Server.Connect(b, s.Server.Superuser, s.Server.SuperuserPassword)
		for i := range tenants {
			var right bool
			schema := fmt.Sprintf(`"tenant_other-%d"`, i)
			err := super.QueryRow(b.Context(), `SELECT (SELECT string_agg(text, ' ' ORDER BY id) = 'first second' FROM `+schema+`.note)
				AND (SELECT string_agg(migration_name || applied_steps_count, ' ' ORDER BY started_at) = '1_notes1 2_more1' FROM `+schema+`._prisma_migrations)`).Scan(&right)
			if err != nil || !right {
				b.Errorf("%s: each migration once: %t, %v", schema, right, err)
				continue
			}
			once++
		}
		b.ReportMetric(float64(once), "tenants-once")
	}
	b.ReportMetric(0, "ns/op")
}

func migrateCall(b *testing.B, list []migrations.Migration) []byte {
	b.Helper()
	text, err := json.Marshal(api.Request{Action: api.ActionMigrate, Run: rand.Text(), Migrate: &api.Migrate{Migrations: list, Digest: migrations.Digest(list)}})
	if err != nil {
		b.Fatal(err)
	}
	return text
}

// migrate is one run to its end, and how long it took.
func (p *process) migrate(b *testing.B, list []migrations.Migration, tenants int) time.Duration {
	b.Helper()
	began := time.Now()
	var request api.Request
	if err := json.Unmarshal(migrateCall(b, list), &request); err != nil {
		b.Fatal(err)
	}
	told := p.call(b, request).Migrated
	for told.Unfinished {
		told = p.call(b, request).Migrated
	}
	if told.Done != tenants {
		b.Fatalf("%d of %d tenants were migrated: %+v", told.Done, tenants, told)
	}
	return time.Since(began)
}
