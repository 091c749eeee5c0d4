package tenancy

import (
	"strconv"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// names are a tenant's, ready for statements.
type names struct{ login, owner, schema sqltext.Name }

func namesOf(tenant string) names {
	return names{
		login: sqltext.Name(slug.Role(tenant)), owner: sqltext.Name(slug.OwnerRole(tenant)), schema: sqltext.Name(slug.Schema(tenant)),
	}
}

// powerless refuses the attributes that no later statement names.
const powerless = " NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT"

// create makes the parts that are missing, each role at once with all that it may do and with its members: whenever the
// administrator changes a role or grants one, PostgreSQL goes through the roles of all tenants to see whether he may, and
// it does so for CREATE ROLE in any case.
func (n names) create(found presence, r record, verifier string) []string {
	var statements []string
	if found.login {
		statements = append(statements, sqltext.Statement("GRANT %s TO CURRENT_USER", n.login))
		if verifier != "" {
			statements = append(statements, sqltext.Statement("ALTER ROLE %s PASSWORD %s", n.login, verifier))
		}
	} else {
		statements = append(statements, sqltext.Statement("CREATE ROLE %s PASSWORD %s", n.login, verifier)+powerless+mayDo(r)+" ROLE CURRENT_USER")
	}
	if found.owner {
		statements = append(statements, sqltext.Statement("GRANT %s TO CURRENT_USER", n.owner))
	} else {
		statement := sqltext.Statement("CREATE ROLE %s NOLOGIN", n.owner) + powerless + " ROLE CURRENT_USER"
		if r.writes() {
			statement += sqltext.Statement(", %s", n.login)
		}
		statements = append(statements, statement)
	}
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

// mayDo are the attributes of the login role, which hold from its next session on.
func mayDo(r record) string {
	login, connections := " NOLOGIN", r.Limits.Connections
	if r.logsIn() {
		login = " LOGIN"
	}
	if r.State == api.StateLimited {
		connections = 1
	}
	return login + sqltext.Statement(" CONNECTION LIMIT %s VALID UNTIL 'infinity'", connections)
}

// attributes sets what the roles may do, unless create has just made them so.
func (n names) attributes(r record, found presence) []string {
	var statements []string
	if found.login {
		statements = append(statements,
			sqltext.Statement("ALTER ROLE %s NOINHERIT NOCREATEDB NOCREATEROLE", n.login)+mayDo(r),
			sqltext.Statement("ALTER ROLE %s RESET ALL", n.login))
	}
	if found.owner {
		statements = append(statements, sqltext.Statement("ALTER ROLE %s NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE", n.owner))
		if r.writes() {
			statements = append(statements, sqltext.Statement("GRANT %s TO %s", n.owner, n.login))
		}
	}
	return append(statements, n.pin(r)...)
}

// pin writes the settings that every session of the role begins with. The role does it itself, of which PostgreSQL asks
// nothing; see create for what it asks of the administrator.
func (n names) pin(r record) []string {
	statements := []string{sqltext.Statement("SET LOCAL ROLE %s", n.login)}
	for _, s := range settings(n, r) {
		statements = append(statements, sqltext.Statement("ALTER ROLE %s SET %s = %s", n.login, sqltext.Name(s.name), s.value))
	}
	return append(statements, "RESET ROLE")
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
