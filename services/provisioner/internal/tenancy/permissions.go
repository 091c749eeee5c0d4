package tenancy

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/domain"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// reconcile makes the permissions and settings of a tenant that exists what its record says. The warnings are what this server
// does not allow. What was found before the parts were made tells what need not be done again, nor looked for: the search
// in a schema goes through everybody's tables.
func reconcile(ctx context.Context, tx pgx.Tx, r domain.Record, found existing) (warnings []string, err error) {
	n := namesOf(r.Slug)
	statements := n.access()
	if !r.CanWrite() {
		statements = append(statements, n.readOnly(r)...)
	}
	if found.schema || !r.CanWrite() {
		statements = append(statements, n.explain(r))
	}
	if err := run(ctx, tx, append(statements, n.attributes(r, found)...)...); err != nil {
		return nil, fmt.Errorf("set permissions and settings: %w", err)
	}
	if _, err := tx.Exec(ctx, "UPDATE platform.tenant SET recovery_pending = false WHERE slug = $1 AND recovery_pending", r.Slug); err != nil {
		return nil, fmt.Errorf("note that the tenant has what it should: %w", err)
	}
	if err := unpinElsewhere(ctx, tx, n); err != nil {
		return nil, err
	}
	if err := revokeForeignMemberships(ctx, tx, r.Slug); err != nil {
		return nil, err
	}
	if found.schema {
		if err := revokeForeignGrants(ctx, tx, n); err != nil {
			return nil, err
		}
	}
	if !r.CanWrite() {
		if err := revokeSecurityDefiner(ctx, tx, n); err != nil {
			return nil, err
		}
	}
	value := r.TempFileLimit()
	err = setTempFileLimit(ctx, tx, n, value)
	if err == nil {
		return nil, nil
	}
	if permitted(err) {
		return nil, fmt.Errorf("limit temporary files: %w", err)
	}
	return []string{fmt.Sprintf(
		"temp_file_limit is not %s for this tenant, as this server does not let its administrator set it: set it for the whole server in the parameter group", value)}, nil
}

// unpinElsewhere removes settings that hold in one database alone, where they come before those for all.
func unpinElsewhere(ctx context.Context, tx pgx.Tx, n names) error {
	names, err := queryTexts(ctx, tx, `SELECT d.datname FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
		JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname = $1`, string(n.login))
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := run(ctx, tx, sqltext.Statement("ALTER ROLE %s IN DATABASE %s RESET ALL", n.login, sqltext.Name(name))); err != nil {
			return fmt.Errorf("remove settings of database %s: %w", name, err)
		}
	}
	return nil
}

// setTempFileLimit needs a right that not every server gives its administrator; without it the transaction goes on.
func setTempFileLimit(ctx context.Context, tx pgx.Tx, n names, value string) error {
	return pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		return run(ctx, savepoint, sqltext.Statement("ALTER ROLE %s SET %s = %s", n.login, sqltext.Name(domain.TempFileLimit), value))
	})
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

// explain writes into the schema's comment why the tenant may do less than its tier allows, where its people can read it:
// PostgreSQL's errors say only what may not be done.
func (n names) explain(r domain.Record) string {
	if reason := r.Reason(); reason != "" {
		return sqltext.Statement("COMMENT ON SCHEMA %s IS %s", n.schema, reason)
	}
	return sqltext.Statement("COMMENT ON SCHEMA %s IS NULL", n.schema)
}

// readOnly takes from the login role whatever it could still write by, with what it granted on, and leaves it everything to
// read by. Who may free space keeps the owner role, which then can create nothing; the sweep sees that it does not grow.
func (n names) readOnly(r domain.Record) []string {
	statements := append(n.asOwner(
		sqltext.Statement("REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %s, PUBLIC CASCADE", n.schema, n.login),
		sqltext.Statement("REVOKE ALL ON ALL SEQUENCES IN SCHEMA %s FROM %s, PUBLIC CASCADE", n.schema, n.login),
		sqltext.Statement("GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s", n.schema, n.login),
		sqltext.Statement("GRANT SELECT ON ALL SEQUENCES IN SCHEMA %s TO %s", n.schema, n.login),
	), sqltext.Statement("REVOKE CREATE ON SCHEMA %s FROM %s", n.schema, n.owner))
	if r.CanCleanUp() {
		return statements
	}
	return append(statements, sqltext.Statement("REVOKE %s FROM %s", n.owner, n.login))
}

// asOwner runs statements as the owner of all that the tenant made. The administrator is a member of both roles: when it
// revokes, PostgreSQL takes any of its roles that may grant for the grantor, and the tenant can see to it that this is the
// login role, from which nothing is taken then.
func (n names) asOwner(statements ...string) []string {
	return slices.Concat([]string{sqltext.Statement("SET LOCAL ROLE %s", n.owner)}, statements, []string{"RESET ROLE"})
}
