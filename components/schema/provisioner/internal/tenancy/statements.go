package tenancy

import (
	"strconv"

	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/components/schema/provisioner/internal/sqltext"
	"github.com/genericcorp/platform/internal/slug"
)

// names are a tenant's, ready for statements.
type names struct{ login, owner, schema sqltext.Name }

func namesOf(tenant string) names {
	return names{
		login: sqltext.Name(slug.Role(tenant)), owner: sqltext.Name(slug.OwnerRole(tenant)), schema: sqltext.Name(slug.Schema(tenant)),
	}
}

// create makes the parts that are missing. The attributes that no later statement names are refused here.
func (n names) create(found presence) []string {
	const powerless = " NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT"
	var statements []string
	if !found.owner {
		statements = append(statements, sqltext.Statement("CREATE ROLE %s NOLOGIN"+powerless, n.owner))
	}
	if !found.login {
		statements = append(statements, sqltext.Statement("CREATE ROLE %s NOLOGIN"+powerless, n.login))
	}
	statements = append(statements, sqltext.Statement("GRANT %s, %s TO CURRENT_USER", n.owner, n.login))
	if !found.schema {
		statements = append(statements, sqltext.Statement("CREATE SCHEMA %s AUTHORIZATION %s", n.schema, sqltext.Name(schemaOwner)))
	}
	if !found.connect {
		// By name, as a role without INHERIT gets nothing through a group.
		statements = append(statements, sqltext.Statement("GRANT CONNECT ON DATABASE %s TO %s", found.database, n.login))
	}
	return statements
}

// access gives the schema to the tenant and closes it to all others. What the tenant makes, its owner role owns; the role
// that it logs in as may only read it, so that taking away the owner role is all it takes to make the tenant read-only.
func (n names) access() []string {
	return []string{
		sqltext.Statement("REVOKE ALL ON SCHEMA %s FROM PUBLIC", n.schema),
		sqltext.Statement("GRANT USAGE, CREATE ON SCHEMA %s TO %s", n.schema, n.owner),
		sqltext.Statement("GRANT USAGE ON SCHEMA %s TO %s", n.schema, n.login),
		sqltext.Statement("ALTER DEFAULT PRIVILEGES FOR ROLE %s REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", n.owner),
		sqltext.Statement("ALTER DEFAULT PRIVILEGES FOR ROLE %s REVOKE USAGE ON TYPES FROM PUBLIC", n.owner),
		sqltext.Statement("ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT SELECT ON TABLES TO %s", n.owner, n.schema, n.login),
		sqltext.Statement("ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT SELECT ON SEQUENCES TO %s", n.owner, n.schema, n.login),
		sqltext.Statement("ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT EXECUTE ON FUNCTIONS TO %s", n.owner, n.schema, n.login),
		sqltext.Statement("ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT USAGE ON TYPES TO %s", n.owner, n.schema, n.login),
	}
}

// readOnly takes from the login role whatever it could still write by, and leaves it everything to read by.
func (n names) readOnly() []string {
	return []string{
		sqltext.Statement("REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %s, PUBLIC", n.schema, n.login),
		sqltext.Statement("REVOKE ALL ON ALL SEQUENCES IN SCHEMA %s FROM %s, PUBLIC", n.schema, n.login),
		sqltext.Statement("GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s", n.schema, n.login),
		sqltext.Statement("GRANT SELECT ON ALL SEQUENCES IN SCHEMA %s TO %s", n.schema, n.login),
		sqltext.Statement("REVOKE %s FROM %s", n.owner, n.login),
	}
}

// attributes sets what the role may do from its next session on.
func (n names) attributes(r record) []string {
	login, connections := "NOLOGIN", r.Limits.Connections
	if r.logsIn() {
		login = "LOGIN"
	}
	if r.State == contract.StateLimited {
		connections = 1
	}
	statements := []string{
		sqltext.Statement("ALTER ROLE %s "+login+" NOINHERIT NOCREATEDB NOCREATEROLE CONNECTION LIMIT %s VALID UNTIL 'infinity'", n.login, connections),
		sqltext.Statement("ALTER ROLE %s NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE", n.owner),
	}
	if r.writes() {
		statements = append(statements, sqltext.Statement("GRANT %s TO %s", n.owner, n.login))
	}
	return append(statements, n.pin(r)...)
}

// pin writes the settings that every session of the role begins with, and removes all others.
func (n names) pin(r record) []string {
	statements := []string{sqltext.Statement("ALTER ROLE %s RESET ALL", n.login)}
	for _, s := range settings(n, r) {
		statements = append(statements, sqltext.Statement("ALTER ROLE %s SET %s = %s", n.login, sqltext.Name(s.name), s.value))
	}
	return statements
}

type setting struct{ name, value string }

// settings are those that the administrator may pin on every server; see tempFileLimit for one that it may not.
func settings(n names, r record) []setting {
	list := []setting{
		{"search_path", string(n.schema)},
		{"statement_timeout", milliseconds(r.Limits.StatementTimeoutMs)},
		{"idle_in_transaction_session_timeout", milliseconds(r.Limits.IdleInTransactionTimeoutMs)},
		{"work_mem", kibibytes(r.Limits.WorkMemKiB)},
	}
	if r.writes() {
		// The session begins as the owner of all that it makes. Without this it would begin as a role that only reads.
		return append(list, setting{"role", string(n.owner)})
	}
	return append(list, setting{"default_transaction_read_only", "on"})
}

const tempFileLimit = "temp_file_limit"

func milliseconds(n int) string { return strconv.Itoa(n) + "ms" }
func kibibytes(n int) string    { return strconv.Itoa(n) + "kB" }
