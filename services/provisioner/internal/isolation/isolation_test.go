package isolation

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

const tenants = 20

var ctx = context.Background()

// fixture is what each tenant has. Its text is the tenant's own.
var fixture = []string{
	`CREATE TABLE note (id serial PRIMARY KEY, text text)`, `INSERT INTO note (text) VALUES ('of {me}')`, `ANALYZE note`,
	`CREATE VIEW seen AS SELECT * FROM note`, `CREATE MATERIALIZED VIEW kept AS SELECT * FROM note`, `CREATE TYPE mood AS ENUM ('ok')`,
	`CREATE FUNCTION tell() RETURNS text LANGUAGE sql AS 'SELECT text FROM note'`,
	// Whatever a tenant gives away of its own objects does not help without its schema.
	`GRANT ALL ON ALL TABLES IN SCHEMA "tenant_{me}" TO PUBLIC`, `GRANT ALL ON ALL SEQUENCES IN SCHEMA "tenant_{me}" TO PUBLIC`,
	`GRANT EXECUTE ON FUNCTION tell() TO PUBLIC`,
}

// member is a tenant with an open session and what others may try to reach.
type member struct {
	slug       string
	connection *pgx.Conn
	pid        uint32
	lob        int
}

func (m member) fill(statement string, victim member) string {
	return strings.NewReplacer("{me}", m.slug, "{you}", victim.slug, "{pid}", strconv.Itoa(int(victim.pid)), "{lob}", strconv.Itoa(victim.lob)).Replace(statement)
}

// createTenants creates the tenants, through the provisioner, and gives each something worth reaching.
func createTenants(t *testing.T, s *tenancytest.Setup) []member {
	t.Helper()
	members := make([]member, tenants)
	for i := range members {
		slug := fmt.Sprintf("t%02d-corp", i+1)
		s.Must(t, s.Request(t, slug, "starter", api.StateActive))
		m := member{slug: slug, connection: s.Login(t, slug), lob: 900000 + i}
		m.pid = m.connection.PgConn().PID()
		for _, statement := range append(fixture, fmt.Sprintf("SELECT lo_create(%d); SELECT lo_put(%d, 0, 'of {me}')", m.lob, m.lob)) {
			_, err := m.connection.Exec(ctx, m.fill(statement, m), pgx.QueryExecModeSimpleProtocol)
			require.NoError(t, err, statement)
		}
		members[i] = m
	}
	return members
}

// outcome is how an attack ended.
type outcome struct {
	refusal string // PostgreSQL's code of the error, or nothing
	found   int    // rows that told anything
}

// try runs an attack and undoes what it may have done.
func (m member) try(statement string) (outcome, error) {
	results, err := m.connection.PgConn().Exec(ctx, "BEGIN;"+statement).ReadAll()
	var o outcome
	var refusal *pgconn.PgError
	switch {
	case errors.As(err, &refusal):
		o.refusal = refusal.Code
	case err != nil:
		return o, err
	}
	for _, result := range results {
		for _, row := range result.Rows {
			for _, value := range row {
				if value != nil {
					o.found++
				}
			}
		}
	}
	_, err = m.connection.PgConn().Exec(ctx, "ROLLBACK; RESET ALL; RESET ROLE").ReadAll()
	return o, err
}

// evaluate says what is wrong with an outcome, or nothing.
func (a attack) evaluate(o outcome) string {
	switch {
	case a.blank && (o.refusal != "" || o.found > 0):
		return fmt.Sprintf("expected nothing, got %d values, error %q", o.found, o.refusal)
	case !a.blank && o.refusal == "":
		return "was not refused"
	case !a.blank && !genuine[o.refusal] && (a.way != searchPath || !unfound[o.refusal]):
		return "failed for a reason that has nothing to do with permissions: " + o.refusal
	}
	return ""
}

// genuine are the codes that a refusal may have. An attack that fails because it is written wrongly proves nothing.
var genuine = map[string]bool{
	"42501": true, // insufficient privilege
	"28000": true, // may not become another
	"0A000": true, // not supported: no such extension or method at all
	"58P01": true, // no such file: the extension is not installed
	"22023": true, // no provider of security labels is loaded
	"42704": true, // the foreign data wrapper does not exist, as nobody may make one
	"22012": true, // the division by the number of privileges that were really given
	"25001": true, // not in a transaction; tried by itself below
	"2BP01": true, // the role owns things; and may not be dropped either
}

// unfound are the codes of a name that leads nowhere: a search path passes over a schema that one may not use.
var unfound = map[string]bool{"42P01": true, "42883": true, "3F000": true}

// run is what was tried on one version of the server.
type run struct {
	version               postgrestest.Version
	outcomes              *outcomes
	shared                []known
	administrator, pooled string
}

// Every tenant tries every way into every other tenant, on each version of the server.
func TestNoTenantReachesAnother(t *testing.T) {
	t.Parallel()
	proof := readinesstest.Prove(t, "isolation-database", "PostgreSQL on this machine")
	var runs []run
	for _, version := range postgrestest.Versions(t) {
		if !t.Run(version.Name, func(t *testing.T) { runs = append(runs, tryEverything(t, version)) }) {
			return
		}
	}
	attempts, succeeded := 0, 0
	for _, r := range runs {
		tried, held := r.outcomes.totals()
		attempts, succeeded = attempts+tried, succeeded+tried-held
	}
	proof.Count("attempts", attempts)
	proof.Count("attempts that succeeded", succeeded)
	proof.Count("tenants", tenants)
	writeReport(t, runs)
}

func tryEverything(t *testing.T, version postgrestest.Version) run {
	t.Helper()
	s := tenancytest.NewOn(t, version, "log_statement=none")
	r := run{version: version, outcomes: newOutcomes(version)}
	members := createTenants(t, s)
	everyPair(t, r.outcomes, members, false)
	statistics := ownGrants(t, members[0], members[1])
	for _, m := range members { // which takes back what a tenant gave to everybody
		require.NotEmpty(t, differences(s.Must(t, api.Request{Action: api.ActionCheck, Tenant: m.slug}).Problems))
		s.Must(t, s.Request(t, m.slug, "starter", api.StateActive))
	}
	everyPair(t, r.outcomes, members, true)
	outside(t, s, members[0], members[1])
	for _, m := range members { // nothing has changed for anybody
		var notes, objects string
		require.NoError(t, m.connection.QueryRow(ctx, `SELECT string_agg(text, ','), (SELECT count(*) || '' FROM pg_class WHERE relnamespace = current_schema()::regnamespace) FROM note`).Scan(&notes, &objects))
		require.Equal(t, "of "+m.slug, notes)
		require.Equal(t, "5", objects) // table, key, sequence, view and materialized view
		require.Empty(t, differences(s.Must(t, api.Request{Action: api.ActionCheck, Tenant: m.slug}).Problems))
	}
	r.shared = append(demonstrate(t, s, members), statistics)
	r.administrator = throughAdministrator(t, s, members[1])
	r.pooled = throughPgBouncer(t, s)
	return r
}

// everyPair lets each tenant try all ways of a kind into each other one, all attackers at once.
func everyPair(t *testing.T, outcomes *outcomes, members []member, blank bool) {
	t.Helper()
	var group sync.WaitGroup
	for _, attacker := range members {
		group.Go(func() {
			for _, victim := range members {
				if victim.slug == attacker.slug {
					continue
				}
				for _, a := range outcomes.ways {
					if a.blank != blank {
						continue
					}
					attackOnce(t, outcomes, a, attacker, victim, "")
					if next(members, attacker) == victim.slug {
						// Once more as the role that logged in, without the privileges of the owner.
						attackOnce(t, nil, a, attacker, victim, "SET ROLE NONE;")
					}
				}
			}
		})
	}
	group.Wait()
}

// differences leaves out the large object, which the fixture has on purpose.
func differences(problems []string) []string {
	var rest []string
	for _, p := range problems {
		if !strings.Contains(p, "large object") {
			rest = append(rest, p)
		}
	}
	return rest
}

func next(members []member, m member) string {
	for i := range members {
		if members[i].slug == m.slug {
			return members[(i+1)%len(members)].slug
		}
	}
	return ""
}

func attackOnce(t *testing.T, outcomes *outcomes, a attack, attacker, victim member, before string) {
	statement := before + attacker.fill(a.statement, victim)
	o, err := attacker.try(statement)
	if err != nil {
		t.Errorf("%s on %s: %s: %v", attacker.slug, victim.slug, statement, err)
		return
	}
	problem := a.evaluate(o)
	if problem != "" {
		t.Errorf("%s on %s: %s: %s", attacker.slug, victim.slug, statement, problem)
	}
	if outcomes != nil {
		outcomes.add(a, o, problem == "")
	}
}

// outside are the ways that need a connection of their own.
func outside(t *testing.T, s *tenancytest.Setup, attacker, victim member) {
	t.Helper()
	c := s.Connection(t, attacker.slug)
	_, err := pgx.Connect(ctx, s.Server.URL("tenant_"+victim.slug, c.Password, s.Server.Database))
	require.ErrorContains(t, err, "password authentication failed")
	_, err = pgx.Connect(ctx, s.Server.URL("tenant_"+victim.slug+"_owner", c.Password, s.Server.Database))
	require.ErrorContains(t, err, "password authentication failed")
	_, err = pgx.Connect(ctx, s.Server.URL(c.Username, c.Password, "postgres"))
	require.ErrorContains(t, err, "permission denied for database")
	_, err = pgx.Connect(ctx, strings.Replace(s.Server.URL(c.Username, c.Password, s.Server.Database), "verify-full", "disable", 1))
	require.ErrorContains(t, err, "no encryption")
	_, err = pgx.Connect(ctx, s.Server.URL(c.Username, c.Password, s.Server.Database)+"&options=-c%20role%3Dtenant_"+victim.slug)
	require.Error(t, err)
	for _, statement := range []string{`REINDEX SCHEMA "tenant_{you}"`, `DROP DATABASE platform`, `CREATE DATABASE mine`, `ALTER SYSTEM SET work_mem = '1GB'`} {
		_, err := attacker.connection.Exec(ctx, attacker.fill(statement, victim), pgx.QueryExecModeSimpleProtocol)
		require.ErrorContains(t, err, "42501", statement)
	}
}
