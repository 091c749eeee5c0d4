package tenancy

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/scram"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// apply makes the tenant as the request says: roles, schema, rights, settings and record in one transaction, then the
// secret, then the end of the sessions that began under what no longer holds.
func (p *Provisioner) apply(ctx context.Context, r api.Request) (api.Response, error) {
	a := applying{p: p, request: r}
	if r.State != api.StateSuspended {
		return a.run(ctx)
	}
	// The brake comes first, and holds whatever becomes of the rest.
	if err := p.keepOut(ctx, r.Tenant, noteSuspended); err != nil {
		return api.Response{}, err
	}
	response, err := a.run(ctx)
	if err != nil && a.before != nil {
		err = fmt.Errorf("the tenant is suspended, but the rest failed: %w", err)
	}
	return response, err
}

// applying is one run of apply.
type applying struct {
	p          *Provisioner
	request    api.Request
	vault      *vault
	before     *record // nil: the tenant is new
	after      record
	connection Connection
	warnings   []string
}

func (a *applying) run(ctx context.Context) (api.Response, error) {
	p, tenant := a.p, a.request.Tenant
	if err := p.change(ctx, tenant, func(tx pgx.Tx) error { return a.inDatabase(ctx, tx) }); err != nil {
		return api.Response{}, err
	}
	if err := p.settle(ctx, a.vault, a.connection); err != nil {
		return api.Response{}, err
	}
	if a.stale() {
		if err := p.endSessions(ctx, tenant); err != nil {
			return api.Response{}, err
		}
	}
	described := a.after.describe()
	return api.Response{Tenant: &described, Warnings: a.warnings}, nil
}

func (a *applying) inDatabase(ctx context.Context, tx pgx.Tx) error {
	tenant := a.request.Tenant
	before, err := load(ctx, tx, tenant)
	if err != nil {
		return err
	}
	a.before = before
	if a.vault, err = a.p.open(ctx, a.request.SecretARN); err != nil {
		return err
	}
	found, err := look(ctx, tx, tenant)
	if err != nil {
		return err
	}
	if err := a.decide(ctx); err != nil {
		return err
	}
	verifier, err := a.password(ctx, found.login)
	if err != nil {
		return err
	}
	if before == nil || !found.connect {
		if err := lock(ctx, tx, lockCreation); err != nil {
			return err
		}
	}
	if before == nil {
		if err := a.p.belowCeiling(ctx, tx); err != nil {
			return err
		}
	}
	if err := run(ctx, tx, namesOf(tenant).create(found, a.after, verifier)...); err != nil {
		return fmt.Errorf("make roles and schema: %w", err)
	}
	if a.warnings, err = enforce(ctx, tx, a.after, found); err != nil {
		return err
	}
	return a.after.save(ctx, tx)
}

// password chooses the tenant's connection. The verifier is what the database shall take its password by, or nothing if it
// has the password already.
func (a *applying) password(ctx context.Context, roleExists bool) (verifier string, err error) {
	var set bool
	if a.connection, set, err = a.p.choose(ctx, a.vault, a.request, roleExists); err != nil || !set {
		return "", err
	}
	return scram.Verifier(a.connection.Password)
}

// decide computes the record that the request leads to.
func (a *applying) decide(ctx context.Context) error {
	r := a.request
	a.after = record{
		Slug: r.Tenant, Tier: r.Tier, State: r.State, Limits: r.Limits, PasswordVersion: r.PasswordVersion, SecretARN: r.SecretARN,
		CreatedAt: a.p.Now(),
	}
	if a.before == nil {
		return nil
	}
	// An old password does not come back: who asks for a lower version has not heard of a rotation that failed half way.
	a.after.PasswordVersion = max(r.PasswordVersion, a.before.PasswordVersion)
	a.request.PasswordVersion = a.after.PasswordVersion
	a.after.CreatedAt, a.after.ArchiveKey = a.before.CreatedAt, a.before.ArchiveKey
	if a.before.OverStorage {
		m, err := a.p.measureTenant(ctx, r.Tenant)
		if err != nil {
			return err
		}
		a.after.OverStorage = over(m.Size, r.Limits)
		a.after.ShutOut = a.before.ShutOut && a.after.OverStorage
	}
	return nil
}

// enforce makes the rights and settings of a tenant that exists what its record says. The warnings are what this server
// does not allow. What was found before the parts were made tells what need not be done again, nor looked for: the search
// in a schema goes through everybody's tables.
func enforce(ctx context.Context, tx pgx.Tx, r record, found presence) (warnings []string, err error) {
	n := namesOf(r.Slug)
	statements := n.access()
	if !r.writes() {
		statements = append(statements, n.readOnly()...)
	}
	if err := run(ctx, tx, append(statements, n.attributes(r, found)...)...); err != nil {
		return nil, fmt.Errorf("set rights and settings: %w", err)
	}
	if err := unpinElsewhere(ctx, tx, n); err != nil {
		return nil, err
	}
	if err := expelStrangers(ctx, tx, r.Slug); err != nil {
		return nil, err
	}
	if found.schema {
		if err := takeBack(ctx, tx, n); err != nil {
			return nil, err
		}
	}
	if !r.writes() {
		if err := disarm(ctx, tx, n); err != nil {
			return nil, err
		}
	}
	value := kibibytes(r.Limits.TempFileLimitKiB)
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
		return run(ctx, savepoint, sqltext.Statement("ALTER ROLE %s SET %s = %s", n.login, sqltext.Name(tempFileLimit), value))
	})
}

// stale tells whether open sessions have more than the tenant now has, or less than it should.
func (a *applying) stale() bool {
	if a.after.State == api.StateSuspended {
		return true
	}
	if a.before == nil {
		return false
	}
	b, n := a.before.Limits, a.after.Limits
	lower := n.Connections < b.Connections || n.StatementTimeoutMs < b.StatementTimeoutMs || n.WorkMemKiB < b.WorkMemKiB ||
		n.IdleInTransactionTimeoutMs < b.IdleInTransactionTimeoutMs || n.TempFileLimitKiB < b.TempFileLimitKiB
	return lower || a.before.State != a.after.State || a.before.writes() != a.after.writes()
}

// presence is which of the tenant's parts exist already.
type presence struct {
	login, owner, schema, connect bool
	database                      sqltext.Name
}

// allParts is the presence of a tenant that has been applied before.
var allParts = presence{login: true, owner: true, schema: true, connect: true}

func look(ctx context.Context, tx pgx.Tx, tenant string) (presence, error) {
	var found presence
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
		return presence{}, fmt.Errorf("look for what there is of the tenant: %w", err)
	}
	if powerful {
		return presence{}, errors.New("somebody has made the tenant's role a superuser, or let it replicate or bypass row security, which the administrator cannot undo: have it undone, or drop the role")
	}
	return found, nil
}

func (p *Provisioner) belowCeiling(ctx context.Context, tx pgx.Tx) error {
	var tenants int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM platform.tenant`).Scan(&tenants); err != nil {
		return fmt.Errorf("count the tenants: %w", err)
	}
	if tenants >= p.Ceiling {
		return fmt.Errorf("the database holds %d tenants and its ceiling is %d: offboard tenants that have left, or set up another environment for new ones; "+
			"raise the ceiling (%s) only with a larger instance, as every session's memory grows with the tables it has seen", tenants, p.Ceiling, api.EnvSchemaCeiling)
	}
	return nil
}
