package tenancy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/migrations/checks"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// Of each table the largest is told, by the version of its tenant; an empty one has no row, and a locked one keeps nobody waiting.
func TestTableSizes(t *testing.T) { tenancytest.OnEach(t, testTableSizes) }

func testTableSizes(t *testing.T, s *tenancytest.Setup) {
	someTenants(t, s, "acme", "bolt", "crew")
	s.Must(t, api.Request{Action: api.ActionHoldMigrations, Tenant: "crew", Reason: "its fair is today", By: "eve"})
	migrated(t, s, migrateRequest(0, notes))
	crew := s.Login(t, "crew")
	must(t, crew, `CREATE TABLE "Note" (id int)`)
	acme := s.Login(t, "acme")
	must(t, acme, `INSERT INTO "Note" (text) SELECT repeat('x', 100) FROM generate_series(1, 10000)`, `ANALYZE "Note"`,
		`CREATE TABLE parted (id int) PARTITION BY RANGE (id)`, `CREATE TABLE part PARTITION OF parted DEFAULT`, `INSERT INTO parted VALUES (1)`, `CREATE VIEW seen AS SELECT 1`)
	ask := func() (sizes []migrations.TableSize) {
		return s.Must(t, api.Request{Action: api.ActionMigrations, Migrate: &api.Migrate{Tables: []string{"Note", "parted", "seen", "none"}}}).Migrated.Sizes
	}
	sizes := ask()
	require.Len(t, sizes, 4)
	require.Equal(t, migrations.TableSize{Table: "Note", Tenant: "crew"}, sizes[0])
	require.Greater(t, sizes[1].Bytes, int64(1<<20))
	require.Equal(t, migrations.TableSize{Table: "Note", Version: notes.Name, Tenant: "acme", Bytes: sizes[1].Bytes, Rows: 10001}, sizes[1])
	require.Equal(t, migrations.TableSize{Table: "parted", Version: notes.Name, Tenant: "acme", Bytes: 8192, Rows: 1}, sizes[2])
	require.Equal(t, migrations.TableSize{Table: "seen", Version: notes.Name, Tenant: "acme"}, sizes[3])

	must(t, acme, `BEGIN`, `LOCK TABLE "Note"`)
	require.ElementsMatch(t, []migrations.TableSize{
		sizes[0], {Table: "Note", Version: notes.Name, Tenant: "acme", Bytes: -1, Rows: 1},
		{Table: "parted", Version: notes.Name, Tenant: "acme", Bytes: -1, Rows: 1}, {Table: "seen", Version: notes.Name, Tenant: "acme", Bytes: -1, Rows: 1},
	}, ask())
	must(t, acme, `ROLLBACK`)

	// What PostgreSQL would let a tenant wait for is refused where somebody waits, and not where nobody does.
	findings, err := checks.Check([]migrations.Migration{{Name: "20261103000000_more", SQL: `ALTER TABLE "Note" ADD COLUMN n int NOT NULL; CREATE INDEX i ON "Note" (n); DROP VIEW seen; DROP TABLE none`}})
	require.NoError(t, err)
	var verdicts []checks.Verdict
	for _, f := range checks.Judge(findings, sizes, nil) {
		verdicts = append(verdicts, f.Verdict)
	}
	require.Equal(t, []checks.Verdict{checks.Refused, checks.Harmless, checks.Refused, checks.Harmless}, verdicts)
}
