package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/components/schema/provisioner/internal/sqltext"
	"github.com/genericcorp/platform/internal/slug"
)

// strangers are the memberships of and in the tenant's roles that the provisioner did not make. $1 is the login role, $2
// the owner role; the administrator is a member of both.
const strangers = `SELECT granted.rolname, member.rolname
	FROM pg_auth_members m JOIN pg_roles granted ON granted.oid = m.roleid JOIN pg_roles member ON member.oid = m.member
	WHERE (granted.rolname IN ($1, $2) OR member.rolname IN ($1, $2))
		AND member.rolname <> current_user
		AND NOT (granted.rolname = $2 AND member.rolname = $1)
	ORDER BY 1, 2`

type membership struct{ Granted, Member string }

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
func expelStrangers(ctx context.Context, tx pgx.Tx, tenant string) error {
	found, err := findStrangers(ctx, tx, tenant)
	if err != nil {
		return err
	}
	for _, m := range found {
		if err := run(ctx, tx, sqltext.Statement("REVOKE %s FROM %s", sqltext.Name(m.Granted), sqltext.Name(m.Member))); err != nil {
			return fmt.Errorf("revoke the membership of %s in %s: %w", m.Member, m.Granted, err)
		}
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
