package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// schemaOwner owns the tenants' schemas, but nothing in them: so a tenant, who owns all that is in its schema, can neither
// drop nor rename the schema nor let anybody else in, even if it wanted to. Nobody logs in as it.
const schemaOwner = "platform_schemas"

// isHard is whether what harden does has been done. A database that its owner can close to everybody counts; those of AWS
// itself, which the administrator does not own, cannot be closed. Each part is asked for in the way that does not go
// through all tenants: whether the administrator is a member of an owner is asked only of an owner that has members.
var isHard = `SELECT
	EXISTS (SELECT FROM pg_roles WHERE rolname = '` + schemaOwner + `')
	AND (SELECT count(*) = 3 FROM pg_attribute WHERE attrelid = to_regclass('platform.tenant') AND attname IN ('breaker_for_all', 'holds', 'billing_email'))
	AND to_regclass('platform.lock') IS NOT NULL AND to_regclass('platform.sweep') IS NOT NULL
	AND to_regclass('platform.lock_offence') IS NOT NULL AND to_regclass('platform.restore') IS NOT NULL
	AND to_regclass('platform.verification') IS NOT NULL AND to_regclass('platform.service') IS NOT NULL
	AND ` + edgeIsReady + `
	AND ` + ledgerIsReady + `
	AND to_regclass('platform.migration') IS NOT NULL AND to_regclass('platform.migration_list') IS NOT NULL
	AND to_regclass('platform.breaker_environment') IS NOT NULL AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('platform.breaker_event') AND attname = 'note')
	AND to_regclass('platform.breaker_told') IS NOT NULL AND to_regclass('platform.breaker_blind') IS NOT NULL
	AND to_regclass('platform.price_sheet') IS NOT NULL AND to_regclass('platform.breaker_event') IS NOT NULL AND to_regclass('platform.breaker_override') IS NOT NULL
	AND to_regclass('platform.report') IS NOT NULL
	AND NOT EXISTS (SELECT FROM pg_database d WHERE d.datallowconn
		AND (d.datdba = current_user::regrole OR (EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = d.datdba) AND pg_has_role(d.datdba, 'USAGE')))
		AND has_database_privilege('public', d.oid, 'CONNECT, TEMPORARY, CREATE'))
	AND NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND has_schema_privilege('public', oid, 'USAGE, CREATE'))`

// harden prepares the database for its first tenant, and repairs what was loosened since.
func (p *Provisioner) harden(ctx context.Context) error {
	var done bool
	if err := p.Admin.QueryRow(ctx, isHard).Scan(&done); err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if done {
		return nil
	}
	// There is no lock yet: of two at once, one may fail on what the other has just created, and goes on from there.
	const tries = 5
	var err error
	for range tries {
		err = pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
			statements, err := hardening(ctx, tx)
			if err != nil {
				return fmt.Errorf("look at the database: %w", err)
			}
			return run(ctx, tx, statements...)
		})
		if err == nil {
			return nil
		}
		if again := p.Admin.QueryRow(ctx, isHard).Scan(&done); again == nil && done {
			return nil
		}
	}
	return fmt.Errorf("close the database to whom it is not for: %w", err)
}

func hardening(ctx context.Context, tx pgx.Tx) ([]string, error) {
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, schemaOwner).Scan(&exists); err != nil {
		return nil, err
	}
	var statements []string
	if !exists {
		statements = append(statements, sqltext.Statement("CREATE ROLE %s NOLOGIN", sqltext.Name(schemaOwner)))
	}
	statements = append(statements,
		sqltext.Statement("GRANT %s TO CURRENT_USER", sqltext.Name(schemaOwner)),
		"CREATE SCHEMA IF NOT EXISTS platform", tenantTable,
		tenantColumns, lockTable, sweepTable, offenceTable, restoreTable, verificationTable, serviceTable, priceSheetTable, breakerEventTable, breakerEventColumns, breakerOverrideTable, breakerEnvironmentTable, reportTable, migrationTable, migrationListTable,
		breakerToldTable, breakerBlindTable, breakerBlindRow,
		"REVOKE ALL ON SCHEMA public FROM PUBLIC")
	edge, err := prepareEdge(ctx, tx)
	if err != nil {
		return nil, err
	}
	statements = append(append(statements, edge...), prepareLedger()...)
	rows, err := tx.Query(ctx, `SELECT datname FROM pg_database WHERE datallowconn AND pg_has_role(datdba, 'USAGE')`)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		// With the right to connect goes the one to make temporary tables, which no limit of a schema's size would see.
		statements = append(statements, sqltext.Statement("REVOKE ALL ON DATABASE %s FROM PUBLIC", sqltext.Name(name)))
	}
	return statements, nil
}

// run sends statements as one.
func run(ctx context.Context, tx pgx.Tx, statements ...string) error {
	_, err := tx.Conn().PgConn().Exec(ctx, sqltext.Script(statements...)).ReadAll()
	return err
}
