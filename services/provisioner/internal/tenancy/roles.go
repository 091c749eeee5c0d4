package tenancy

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
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
func (n names) create(found existing, r domain.Record, verifier string) []string {
	var statements []string
	if found.login {
		statements = append(statements, sqltext.Statement("GRANT %s TO CURRENT_USER", n.login))
		if verifier != "" {
			statements = append(statements, sqltext.Statement("ALTER ROLE %s PASSWORD %s", n.login, verifier))
		}
	} else {
		statements = append(statements, sqltext.Statement("CREATE ROLE %s PASSWORD %s", n.login, verifier)+powerless+loginAttributes(r)+" ROLE CURRENT_USER")
	}
	if found.owner {
		statements = append(statements, sqltext.Statement("GRANT %s TO CURRENT_USER", n.owner))
	} else {
		statement := sqltext.Statement("CREATE ROLE %s NOLOGIN", n.owner) + powerless + " ROLE CURRENT_USER"
		if r.IsOwner() {
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

// loginAttributes are the attributes of the login role, which hold from its next session on.
func loginAttributes(r domain.Record) string {
	login := " NOLOGIN"
	if r.CanLogIn() {
		login = " LOGIN"
	}
	return login + sqltext.Statement(" CONNECTION LIMIT %s VALID UNTIL 'infinity'", r.Connections())
}

// attributes sets what the roles may do, unless create has just made them so.
func (n names) attributes(r domain.Record, found existing) []string {
	var statements []string
	if found.login {
		statements = append(statements,
			sqltext.Statement("ALTER ROLE %s NOINHERIT NOCREATEDB NOCREATEROLE", n.login)+loginAttributes(r),
			sqltext.Statement("ALTER ROLE %s RESET ALL", n.login))
	}
	if found.owner {
		statements = append(statements, sqltext.Statement("ALTER ROLE %s NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE", n.owner))
		if r.IsOwner() {
			statements = append(statements, sqltext.Statement("GRANT %s TO %s", n.owner, n.login))
		}
	}
	return append(statements, n.pin(r)...)
}

// pin writes the settings that every session of the role begins with. The role does it itself, of which PostgreSQL asks
// nothing; see create for what it asks of the administrator.
func (n names) pin(r domain.Record) []string {
	statements := []string{sqltext.Statement("SET LOCAL ROLE %s", n.login)}
	for _, s := range r.Settings() {
		statements = append(statements, sqltext.Statement("ALTER ROLE %s SET %s = %s", n.login, sqltext.Name(s.Name), s.Value))
	}
	return append(statements, "RESET ROLE")
}

// existing says which of the tenant's parts exist already.
type existing struct {
	login, owner, schema, connect bool
	database                      sqltext.Name
}

// allExisting is all parts of a tenant that has been applied before.
var allExisting = existing{login: true, owner: true, schema: true, connect: true}

func inspect(ctx context.Context, tx pgx.Tx, tenant string) (existing, error) {
	var found existing
	var powerful bool
	err := tx.QueryRow(ctx, `SELECT
		EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		EXISTS (SELECT FROM pg_roles WHERE rolname = $2),
		EXISTS (SELECT FROM pg_namespace WHERE nspname = $3),
		coalesce((SELECT has_database_privilege(oid, current_database(), 'CONNECT') FROM pg_roles WHERE rolname = $1), false),
		current_database(),
		EXISTS (SELECT FROM pg_roles WHERE rolname IN ($1, $2) AND (rolsuper OR rolbypassrls OR rolreplication))`,
		slug.Role(tenant), slug.OwnerRole(tenant), slug.Schema(tenant),
	).Scan(&found.login, &found.owner, &found.schema, &found.connect, &found.database, &powerful)
	if err != nil {
		return existing{}, fmt.Errorf("inspect the tenant's roles and schema: %w", err)
	}
	if powerful {
		//page:provisioner-trouble
		return existing{}, errors.New("somebody has made the tenant's role a superuser, or let it replicate or bypass row security, which the administrator cannot undo: have it undone, or drop the role")
	}
	return found, nil
}
