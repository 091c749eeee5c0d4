package tenancy

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// strangers are the memberships of and in the tenant's roles that the provisioner did not make. $1 is the login role, $2
// the owner role; the administrator is a member of both.
const strangers = `SELECT granted.rolname, member.rolname, m.grantor::regrole::text
	FROM pg_auth_members m JOIN pg_roles granted ON granted.oid = m.roleid JOIN pg_roles member ON member.oid = m.member
	WHERE (granted.rolname IN ($1, $2) OR member.rolname IN ($1, $2))
		AND member.rolname <> current_user
		AND NOT (granted.rolname = $2 AND member.rolname = $1)
	ORDER BY 1, 2`

type membership struct{ Granted, Member, Grantor string }

func findStrangers(ctx context.Context, db querier, tenant string) ([]membership, error) {
	rows, err := db.Query(ctx, strangers, slug.Role(tenant), slug.OwnerRole(tenant))
	if err != nil {
		return nil, fmt.Errorf("look for foreign memberships: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[membership])
	if err != nil {
		return nil, fmt.Errorf("look for foreign memberships: %w", err)
	}
	return found, nil
}

// expelStrangers revokes the memberships that would let anybody else act as the tenant, or the tenant as anybody else.
// From PostgreSQL 16 on, what another has granted stays, with a warning alone: so it looks again.
func expelStrangers(ctx context.Context, tx pgx.Tx, tenant string) error {
	found, err := findStrangers(ctx, tx, tenant)
	if err != nil || len(found) == 0 {
		return err
	}
	for _, m := range found {
		if err := run(ctx, tx, sqltext.Statement("REVOKE %s FROM %s", sqltext.Name(m.Granted), sqltext.Name(m.Member))); err != nil {
			return fmt.Errorf("revoke the membership of %s in %s: %w", m.Member, m.Granted, err)
		}
	}
	left, err := findStrangers(ctx, tx, tenant)
	if err != nil {
		return err
	}
	var failures []error
	for _, m := range left {
		failures = append(failures, fmt.Errorf("%s is a member of %s, which %s granted and the administrator cannot revoke: have %s revoke it, then apply the tenant again",
			m.Member, m.Granted, m.Grantor, m.Grantor))
	}
	return errors.Join(failures...)
}

// gifts are the rights to the tenant's tables and sequences, or to columns of them, that others hold: by its own grant, as
// nobody else can. Without the schema they open nothing, but the server's statistics ask for no schema. $1 is the schema,
// $2 and $3 the tenant's roles.
const gifts = `
	SELECT DISTINCT c.relname, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS grantee, c.relkind = 'S' AS sequence
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (
		SELECT grantee FROM aclexplode(c.relacl)
		UNION SELECT x.grantee FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) g
	WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
		AND g.grantee <> ALL (SELECT oid FROM pg_roles WHERE rolname IN ($2, $3))`

// takeBack revokes what the tenant has granted to others.
func takeBack(ctx context.Context, tx pgx.Tx, n names) error {
	statements, err := queryTexts(ctx, tx, `SELECT format('REVOKE ALL ON %s %I.%I FROM %s', CASE WHEN sequence THEN 'SEQUENCE' ELSE 'TABLE' END, $1::text, relname, grantee)
		FROM (`+gifts+`) g`, string(n.schema), string(n.login), string(n.owner))
	if err != nil || len(statements) == 0 {
		return err
	}
	if err := run(ctx, tx, statements...); err != nil {
		return fmt.Errorf("take back what the tenant granted to others: %w", err)
	}
	return nil
}

// disarm takes from a reader the functions that run with their owner's rights, which could write, and the aggregates,
// whose inner functions are allowed by the aggregate's owner and not by who calls it.
func disarm(ctx context.Context, tx pgx.Tx, n names) error {
	rows, err := tx.Query(ctx, `SELECT format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC, %I', p.oid::regprocedure, $2::text)
		FROM pg_proc p WHERE p.pronamespace = $1::text::regnamespace AND (p.prosecdef OR p.prokind = 'a')`,
		pgx.Identifier{string(n.schema)}.Sanitize(), string(n.login))
	if err != nil {
		return fmt.Errorf("look for functions that write: %w", err)
	}
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for functions that write: %w", err)
	}
	if len(statements) == 0 {
		return nil
	}
	if err := run(ctx, tx, statements...); err != nil {
		return fmt.Errorf("take away functions that write: %w", err)
	}
	return nil
}
