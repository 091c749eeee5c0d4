package tenancy_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// growth is a way to store more than two MiB, from a state that the sweep knows.
type growth struct {
	before []string
	grow   []string
	// last is what the session does at the end, and reports nothing of; empty: it reports what it did.
	last string
}

const (
	small  = `CREATE TABLE thing AS SELECT i, repeat(md5(i::text), 3) AS body FROM generate_series(1, 5000) i` // about a MiB
	things = `SELECT i, repeat(md5(i::text), 3) FROM generate_series(1, 30000) i`
	huge   = `(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 100000) i)`
)

// growths are by the name of a tenant. Those that the sweep cannot know by its marks would be found by chance when their measure is the oldest,
// which is that of the first by name: none of these.
var growths = map[string]growth{
	"copy":            {before: []string{small}}, // see testMeasureChanged
	"create-index":    {before: []string{small}, grow: []string{`CREATE INDEX ON thing (body) WITH (fillfactor = 10)`}},
	"create-table":    {grow: []string{`CREATE TABLE thing AS ` + things}},
	"drop-and-create": {before: []string{`CREATE TABLE thing AS SELECT i, '' AS body FROM generate_series(1, 30000) i`}, grow: []string{`DROP TABLE thing`, `CREATE TABLE thing (i int, body text)`, `INSERT INTO thing ` + things}},
	"insert":          {before: []string{small}, grow: []string{`INSERT INTO thing ` + things}},
	"materialized":    {before: []string{`CREATE TABLE many (n int)`, `CREATE MATERIALIZED VIEW thing AS SELECT i, repeat(md5(i::text), 3) FROM many, generate_series(1, n) i`, `INSERT INTO many VALUES (30000)`}, grow: []string{`REFRESH MATERIALIZED VIEW thing`}},
	"open":            {before: []string{small}, grow: []string{`BEGIN`}, last: `INSERT INTO thing ` + things},
	"partition":       {before: []string{`CREATE TABLE thing (i int, body text) PARTITION BY RANGE (i)`, `CREATE TABLE part PARTITION OF thing DEFAULT`}, grow: []string{`INSERT INTO thing ` + things}},
	"prepare":         {before: []string{small}, grow: []string{`BEGIN`, `INSERT INTO thing ` + things}, last: `PREPARE TRANSACTION 'two'`},
	"reindex":         {before: []string{small, `CREATE INDEX dense ON thing (body)`, `ALTER INDEX dense SET (fillfactor = 10)`}, grow: []string{`REINDEX INDEX dense`}},
	"rewrite":         {before: []string{small}, grow: []string{`ALTER TABLE thing ALTER body TYPE text USING repeat(body, 4)`}},
	"rolled-back":     {before: []string{small}, grow: []string{`BEGIN`, `INSERT INTO thing ` + things, `ROLLBACK`}},
	"toast":           {before: []string{`CREATE TABLE thing (body text)`, `ALTER TABLE thing ALTER body SET STORAGE EXTERNAL`}, grow: []string{`INSERT INTO thing ` + huge}},
	"truncate":        {before: []string{small}, grow: []string{`TRUNCATE thing`, `INSERT INTO thing ` + things}},
	"unlogged":        {before: []string{`CREATE UNLOGGED TABLE thing (i int, body text)`}, grow: []string{`INSERT INTO thing ` + things}},
	"update":          {before: []string{small}, grow: []string{`UPDATE thing SET body = repeat(body, 4)`}},
	"vacuum-full":     {before: []string{small, `ALTER TABLE thing SET (fillfactor = 10)`}, grow: []string{`VACUUM FULL thing`}},
	"with-comment":    {before: []string{small}, grow: []string{`DO $$BEGIN EXECUTE format('COMMENT ON TABLE thing IS %L', ` + huge + `); END$$`}},
	"with-function":   {before: []string{small}, grow: []string{`DO $$BEGIN EXECUTE format('CREATE FUNCTION big() RETURNS text LANGUAGE sql AS %L', 'SELECT ''' || ` + huge + ` || ''''); END$$`}},
	"with-object":     {before: []string{small}, grow: []string{`SELECT lo_from_bytea(0, ` + huge + `::bytea)`}},
}

// A sweep measures only what has changed, and finds each way to grow at once.
func TestMeasureChanged(t *testing.T) {
	t.Parallel()
	for _, version := range postgrestest.Versions(t) {
		t.Run(version.Name, func(t *testing.T) {
			t.Parallel()
			testMeasureChanged(t, tenancytest.NewOn(t, version, "max_prepared_transactions=2", "autovacuum=off"))
		})
	}
}

func testMeasureChanged(t *testing.T, s *tenancytest.Setup) {
	s.OvercommitPercent = 1000
	for _, first := range []string{"a-first", "a-second"} {
		s.Must(t, s.Request(t, first, "pro", api.StateActive))
	}
	sessions := map[string]*pgx.Conn{}
	for tenant, g := range growths {
		request := s.Request(t, tenant, "pro", api.StateActive)
		request.Limits.StorageMiB = 2
		request.Limits.StatementTimeoutMs, request.Limits.IdleInTransactionTimeoutMs = 300_000, 300_000 // a busy machine ends none
		s.Must(t, request)
		sessions[tenant] = s.Login(t, tenant)
		must(t, sessions[tenant], g.before...)
		report(t, sessions[tenant])
	}
	require.Empty(t, s.Must(t, sweep).Problems)
	known := len(s.Server.Log(t))
	require.Empty(t, s.Must(t, sweep).Problems)
	measured := measuredBy.FindAllStringSubmatch(s.Server.Log(t)[known:], -1)
	require.Len(t, measured, 1)
	assert.Equal(t, `{tenant_a-first,tenant_a-second}`, measured[0][1], "nobody else but those whose measure is the oldest")
	for tenant, g := range growths {
		must(t, sessions[tenant], g.grow...)
		if tenant == "copy" {
			_, err := sessions[tenant].CopyFrom(ctx, pgx.Identifier{"thing"}, []string{"i", "body"}, pgx.CopyFromSlice(30_000, func(i int) ([]any, error) {
				return []any{i, strings.Repeat("x", 100)}, nil
			}))
			require.NoError(t, err)
		}
		if g.last == "" {
			report(t, sessions[tenant])
			continue
		}
		must(t, sessions[tenant], g.last)
	}
	found := s.Must(t, sweep).Problems
	for tenant := range growths {
		assert.Contains(t, strings.Join(found, "\n"), "tenant "+tenant+": stores ")
	}
	assert.Len(t, found, len(growths))
}

// A list measures as a sweep does: those that have changed, so that a thousand tenants are listed as fast as they can be.
func TestListMeasuresWhatHasChanged(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	sessions := map[string]*pgx.Conn{}
	for _, tenant := range []string{"acme", "bolt", "crew"} {
		s.Must(t, s.Request(t, tenant, "free", api.StateActive))
		sessions[tenant] = s.Login(t, tenant)
		must(t, sessions[tenant], `CREATE TABLE thing (i int)`)
		report(t, sessions[tenant])
	}
	listed := map[string]api.Tenant{}
	stored := func() map[string]int64 {
		bytes := map[string]int64{}
		for _, tenant := range s.Must(t, api.Request{Action: api.ActionList}).Tenants {
			bytes[tenant.Slug], listed[tenant.Slug] = tenant.SizeBytes, tenant
		}
		return bytes
	}
	first := stored()
	must(t, sessions["crew"], `INSERT INTO thing SELECT generate_series(1, 10000)`)
	report(t, sessions["crew"])
	assert.Equal(t, 1, listed["bolt"].Sessions)
	s.Login(t, "bolt")
	known := len(s.Server.Log(t))
	second := stored()
	assert.Equal(t, 2, listed["bolt"].Sessions, "sessions are those of now")
	measured := measuredBy.FindAllStringSubmatch(s.Server.Log(t)[known:], -1)
	require.Len(t, measured, 1)
	assert.Equal(t, `{tenant_acme,tenant_crew}`, measured[0][1], "the oldest measure, and what has changed")
	assert.Greater(t, second["crew"], first["crew"])
	first["crew"] = second["crew"]
	assert.Equal(t, first, second)
}

// measuredBy finds in the server's log which schemas each statement has measured, in their order.
var measuredBy = regexp.MustCompile(`pg_total_relation_size[^$]*\$1[^$]*\$1 = '([^']*)'`)

// A sweep whose time ends half way keeps what it has measured and names what it has not, which the next one measures first.
func TestMeasureOutOfTime(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, sweep) // prepares the database
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `DO $$BEGIN FOR i IN 10..49 LOOP
		EXECUTE format('CREATE SCHEMA tenant_t%s; CREATE TABLE tenant_t%s.thing (i int); GRANT ALL ON SCHEMA tenant_t%s TO PUBLIC; GRANT ALL ON tenant_t%s.thing TO PUBLIC', i, i, i, i);
	END LOOP; END$$`)
	tenant := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, tenant, `BEGIN`, `LOCK tenant_t47.thing`)
	ended, end := context.WithCancel(t.Context())
	outcome := make(chan error, 1)
	go func() {
		_, err := s.Do(ended, sweep)
		outcome <- err
	}()
	require.Eventually(t, func() bool {
		return value[bool](t, super, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'tenant_t47.thing'::regclass)`)
	}, time.Minute, time.Millisecond)
	end()
	require.ErrorContains(t, <-outcome, "measured 25 of 40 schemas that have changed, the next sweep begins with t35, t36, t37, t38, t39, t40, t41, t42, t43, t44 and 5 more: ")

	must(t, tenant, `ROLLBACK`, `INSERT INTO tenant_t12.thing VALUES (1)`)
	report(t, tenant)
	known := len(s.Server.Log(t))
	s.Must(t, sweep)
	measured := measuredBy.FindAllStringSubmatch(s.Server.Log(t)[known:], -1)
	require.Len(t, measured, 1)
	var want []string
	for i := 35; i < 50; i++ {
		want = append(want, fmt.Sprintf("tenant_t%d", i))
	}
	require.Equal(t, "{"+strings.Join(append(want, "tenant_t12"), ",")+"}", measured[0][1], "those that were measured are measured again only if they have changed, and last")
}

// report has the server count what the session has done, which it otherwise does at most once a second.
func report(t *testing.T, session *pgx.Conn) {
	t.Helper()
	must(t, session, `SELECT pg_stat_force_next_flush()`)
}

// What a session has not reported, as it had just done so, is found once it is in another transaction for a second.
func TestMeasureUnreported(t *testing.T) { tenancytest.OnEach(t, testMeasureUnreported) }

func testMeasureUnreported(t *testing.T, s *tenancytest.Setup) {
	session := knownToSweep(t, s)
	must(t, session, `SELECT 1`, `INSERT INTO thing `+things, `BEGIN`, `SELECT 1`)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	require.Eventually(t, func() bool {
		return value[bool](t, super, `SELECT clock_timestamp() - xact_start > interval '1 second' FROM pg_stat_activity WHERE usename = 'tenant_acme'`)
	}, time.Minute, 20*time.Millisecond)
	assert.Len(t, s.Must(t, sweep).Problems, 1)
}

// A server that counts anew, as after a crash, comes to the same numbers with other rows.
func TestMeasureCountedAnew(t *testing.T) { tenancytest.OnEach(t, testMeasureCountedAnew) }

func testMeasureCountedAnew(t *testing.T, s *tenancytest.Setup) {
	session := knownToSweep(t, s)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `SELECT pg_stat_reset()`)
	must(t, session, `INSERT INTO thing SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 5000) i`)
	report(t, session)
	assert.Len(t, s.Must(t, sweep).Problems, 1)
}

// knownToSweep makes a tenant that may store two MiB and stores less, which the sweep knows, as of other tenants whose measure is older.
func knownToSweep(t *testing.T, s *tenancytest.Setup) *pgx.Conn {
	t.Helper()
	request := s.Request(t, "acme", "starter", api.StateActive)
	request.Limits.StorageMiB = 2
	s.Must(t, request)
	session := s.Login(t, "acme")
	must(t, session, small)
	report(t, session)
	require.Empty(t, s.Must(t, sweep).Problems)
	s.Must(t, s.Request(t, "bolt", "starter", api.StateActive)) // comes first, as it was never measured
	return session
}

// Who is over its storage and frees it is let go at once, though no mark tells of what was deleted, nor of pages that no vacuum had counted.
func TestMeasureFreed(t *testing.T) { tenancytest.OnEach(t, testMeasureFreed) }

func testMeasureFreed(t *testing.T, s *tenancytest.Setup) {
	session := knownToSweep(t, s)
	must(t, session, `CREATE TABLE big AS `+things)
	report(t, session)
	require.Len(t, s.Must(t, sweep).Problems, 1)
	s.Must(t, s.Request(t, "cole", "starter", api.StateActive)) // comes first
	session = s.Login(t, "acme")
	must(t, session, `SET ROLE tenant_acme_owner`, `SET default_transaction_read_only = off`, `DELETE FROM big`, `VACUUM (TRUNCATE) big`)
	report(t, session)
	freed := s.Must(t, sweep).Problems
	require.Len(t, freed, 1)
	assert.Contains(t, freed[0], "read-only: false")
}

// A process that belongs to no role, as autovacuum's, keeps nobody from being measured. Here it is a session whose role is gone.
func TestMeasureBesideNobody(t *testing.T) { tenancytest.OnEach(t, testMeasureBesideNobody) }

func testMeasureBesideNobody(t *testing.T, s *tenancytest.Setup) {
	knownToSweep(t, s)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `CREATE ROLE gone LOGIN PASSWORD 'gone'`, `GRANT CONNECT ON DATABASE `+s.Server.Database+` TO gone`)
	must(t, s.Server.Connect(t, "gone", "gone"), `BEGIN`, `SELECT pg_current_xact_id()`)
	must(t, super, `REVOKE CONNECT ON DATABASE `+s.Server.Database+` FROM gone`, `DROP ROLE gone`)
	require.True(t, value[bool](t, super, `SELECT bool_or(usename IS NULL AND backend_xid IS NOT NULL) FROM pg_stat_activity`))
	assert.Empty(t, s.Must(t, sweep).Problems)
}
