package prisma

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/internal/migrate"
)

// What the platform has migrated, Prisma takes for its own, and the other way round: gull is migrated by the platform, hawk by Prisma, and
// each by the other after that.
func testPlatformMigratesAsPrismaDoes(t *testing.T, s tenants) {
	t.Helper()
	list, err := migrations.Read(filepath.Join(s.folder, "prisma", "migrations"))
	require.NoError(t, err)
	session := func(tenant string) migrate.Session {
		return migrate.Session{Conn: s.Login(t, tenant), Schema: "tenant_" + tenant}
	}
	apply := func(session migrate.Session, list []migrations.Migration) (names []string) {
		t.Helper()
		state, err := session.Look(ctx, list)
		require.NoError(t, err)
		require.Empty(t, state.Problem)
		require.NoError(t, session.CreateTable(ctx))
		for _, m := range state.Pending {
			require.NoError(t, session.Apply(ctx, m))
			names = append(names, m.Name)
		}
		return names
	}
	gull, hawk := session("gull"), session("hawk")
	out, err := s.migrate(t, "hawk", unlocked)
	require.NoError(t, err, out)
	assert.Equal(t, []string{"20261101000000_first"}, apply(gull, list))
	assert.Empty(t, apply(hawk, list), "Prisma has applied it")
	out, err = s.migrate(t, "gull", unlocked)
	require.NoError(t, err, out)
	assert.Contains(t, out, `{"appliedMigrationNames":[]}`, "the platform has applied it")

	const columns = `SELECT array_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), (SELECT indisprimary FROM pg_index i WHERE i.indrelid = a.attrelid AND a.attnum = ANY (i.indkey)))
		ORDER BY a.attnum) FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = '_prisma_migrations'::regclass AND a.attnum > 0`
	const row = `SELECT array_agg(concat_ws(' ', length(id), checksum, migration_name, coalesce(logs, 'none'), applied_steps_count, finished_at >= started_at, rolled_back_at)) FROM _prisma_migrations`
	for _, query := range []string{columns, row} {
		var ours, theirs []string
		require.NoError(t, gull.Conn.QueryRow(ctx, query).Scan(&ours))
		require.NoError(t, hawk.Conn.QueryRow(ctx, query).Scan(&theirs))
		assert.Equal(t, theirs, ours)
	}

	failure := (*migrate.FailedError)(nil)
	require.ErrorAs(t, gull.Apply(ctx, migrations.Migration{Name: "20261102000000_failing", SQL: "SELECT 1/0;"}), &failure)
	out, err = s.migrate(t, "gull", unlocked)
	require.NoError(t, err, "what was rolled back is in nobody's way: %s", out)
}
