package tenancy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// What a tenant has put into functions runs when it is archived, as far as that plans a query, and when its archive is restored: in a check, a domain, a generated column, an index, a
// materialized view. Whoever restored as the administrator, even in the owner's role, would hand it the server.
func TestRestoreGivesCodeNoPower(t *testing.T) { tenancytest.OnEach(t, testRestoreGivesCodeNoPower) }

func testRestoreGivesCodeNoPower(t *testing.T, s *tenancytest.Setup) {
	for _, tenant := range []string{"acme", "other"} {
		s.Must(t, s.Request(t, tenant, "pro", api.StateActive))
	}
	// It goes back to the role that logged in, and if that is more than a tenant's, uses it.
	must(t, s.Login(t, "acme"), `CREATE FUNCTION take() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE SCHEMA IF NOT EXISTS caught; END'`,
		`CREATE FUNCTION climb(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
		DECLARE was text := current_user;
		BEGIN
			BEGIN
				PERFORM set_config('role', 'none', false);
				IF current_user NOT LIKE 'tenant%' THEN PERFORM take(); END IF;
				PERFORM set_config('role', was, false);
			EXCEPTION WHEN insufficient_privilege THEN NULL;
			END;
			RETURN n;
		END$$`,
		`CREATE DOMAIN climbing AS int CHECK (climb(VALUE) > 0)`,
		`CREATE TABLE thing (id int CHECK (climb(id) > 0), d climbing, g int GENERATED ALWAYS AS (climb(id)) STORED)`,
		`INSERT INTO thing VALUES (1, 1), (2, 2)`,
		`CREATE TABLE bare (g int GENERATED ALWAYS AS (1) STORED)`, `CREATE INDEX ON bare (g) WHERE climb(1) > 0`,
		`CREATE INDEX ON thing (climb(id))`, `CREATE MATERIALIZED VIEW seen AS SELECT climb(id) FROM thing`)
	archived := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"}).Archive
	s.Must(t, api.Request{Action: api.ActionRestore, Tenant: "other", ArchiveKey: archived.Key})
	assert.Equal(t, int64(2), value[int64](t, s.Login(t, "other"), `SELECT count(*) FROM thing`))
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	assert.Zero(t, value[int64](t, admin, `SELECT count(*) FROM pg_namespace WHERE nspname = 'caught'`), "it ran as the administrator")
}
