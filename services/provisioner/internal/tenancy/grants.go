package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// foreignGrants are the privileges on the tenant's tables and sequences, or to columns of them, that others hold: by its own grant, as
// nobody else can. Without the schema they open nothing, but the server's statistics ask for no schema. $1 is the schema,
// $2 and $3 the tenant's roles.
const foreignGrants = `
	SELECT DISTINCT c.relname, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS grantee, c.relkind = 'S' AS sequence
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (
		SELECT grantee FROM aclexplode(c.relacl)
		UNION SELECT x.grantee FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) g
	WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
		AND g.grantee <> ALL (SELECT oid FROM pg_roles WHERE rolname IN ($2, $3))`

// revokeForeignGrants revokes what the tenant has granted to others.
func revokeForeignGrants(ctx context.Context, tx pgx.Tx, n names) error {
	statements, err := queryTexts(ctx, tx, `SELECT format('REVOKE ALL ON %s %I.%I FROM %s CASCADE', CASE WHEN sequence THEN 'SEQUENCE' ELSE 'TABLE' END, $1::text, relname, grantee)
		FROM (`+foreignGrants+`) g`, string(n.schema), string(n.login), string(n.owner))
	if err != nil || len(statements) == 0 {
		return err
	}
	// What the login role granted on goes with its right to grant.
	for _, kind := range []string{"TABLES", "SEQUENCES"} {
		statements = append(statements, sqltext.Statement("REVOKE GRANT OPTION FOR ALL ON ALL "+kind+" IN SCHEMA %s FROM %s CASCADE", n.schema, n.login))
	}
	if err := run(ctx, tx, n.asOwner(statements...)...); err != nil {
		return fmt.Errorf("revoke what the tenant granted to others: %w", err)
	}
	return nil
}

// revokeSecurityDefiner lets the functions of a tenant that may not write run as whoever calls them, and no longer as their
// owner. It is not enough to take away who may execute them: a cast, an operator or an aggregate asks nobody.
func revokeSecurityDefiner(ctx context.Context, tx pgx.Tx, n names) error {
	statements, err := queryTexts(ctx, tx, `SELECT format('ALTER ROUTINE %s SECURITY INVOKER', p.oid::regprocedure)
		FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1 AND p.prosecdef`, string(n.schema))
	if err != nil || len(statements) == 0 {
		return err
	}
	if err := run(ctx, tx, statements...); err != nil {
		return fmt.Errorf("let functions run as whoever calls them: %w", err)
	}
	return nil
}
