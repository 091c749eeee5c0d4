package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// foreignMemberships are the memberships of and in the tenant's roles that the provisioner did not make. $1 is the login role, $2
// the owner role; the administrator is a member of both.
const foreignMemberships = `SELECT granted.rolname, member.rolname, m.grantor::regrole::text
	FROM pg_auth_members m JOIN pg_roles granted ON granted.oid = m.roleid JOIN pg_roles member ON member.oid = m.member
	WHERE (granted.rolname IN ($1, $2) OR member.rolname IN ($1, $2))
		AND member.rolname <> current_user
		AND NOT (granted.rolname = $2 AND member.rolname = $1)
	ORDER BY 1, 2`

type membership struct{ Granted, Member, Grantor string }

func findForeignMemberships(ctx context.Context, db querier, tenant string) ([]membership, error) {
	rows, err := db.Query(ctx, foreignMemberships, slug.Role(tenant), slug.OwnerRole(tenant))
	if err != nil {
		return nil, fmt.Errorf("look for foreign memberships: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[membership])
	if err != nil {
		return nil, fmt.Errorf("look for foreign memberships: %w", err)
	}
	return found, nil
}

// revokeForeignMemberships revokes the memberships that would let anybody else act as the tenant, or the tenant as anybody else.
// From PostgreSQL 16 on, what another has granted stays, with a warning alone: so it looks again.
func revokeForeignMemberships(ctx context.Context, tx pgx.Tx, tenant string) error {
	found, err := findForeignMemberships(ctx, tx, tenant)
	if err != nil || len(found) == 0 {
		return err
	}
	for _, m := range found {
		if err := run(ctx, tx, sqltext.Statement("REVOKE %s FROM %s", sqltext.Name(m.Granted), sqltext.Name(m.Member))); err != nil {
			return fmt.Errorf("revoke the membership of %s in %s: %w", m.Member, m.Granted, err)
		}
	}
	left, err := findForeignMemberships(ctx, tx, tenant)
	if err != nil {
		return err
	}
	var failures []error
	for _, m := range left {
		//page:provisioner-trouble
		failures = append(failures, fmt.Errorf("%s is a member of %s, which %s granted and the administrator cannot revoke: have %s revoke it, then apply the tenant again",
			m.Member, m.Granted, m.Grantor, m.Grantor))
	}
	return join(failures...)
}
