package tenancy

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
	"github.com/genericcorp/platform/services/provisioner/internal/scram"
)

// apply makes the tenant as the request says: roles, schema, privileges, settings and record in one transaction, then the
// secret, then the end of the sessions that began under what no longer holds.
func (p *Provisioner) apply(ctx context.Context, r api.Request) (api.Response, error) {
	a := applying{p: p, request: r}
	if r.State == api.StateLimited {
		if err := p.blockWriter(ctx, r.Tenant); err != nil {
			return api.Response{}, err
		}
	}
	if r.State != api.StateSuspended {
		return a.run(ctx)
	}
	// The suspension comes first, and holds whatever becomes of the rest.
	if err := p.blockLogin(ctx, r.Tenant, suspended(r.Reason, r.By)); err != nil {
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
	secret     *tenantSecret
	before     *domain.Record // nil: the tenant is new
	after      domain.Record
	connection domain.Connection
	warnings   []string
}

func (a *applying) run(ctx context.Context) (api.Response, error) {
	p, tenant := a.p, a.request.Tenant
	if err := p.change(ctx, tenant, func(tx pgx.Tx) error { return a.inDatabase(ctx, tx) }); err != nil {
		return api.Response{}, err
	}
	if err := p.promoteSecret(ctx, a.secret, a.connection, a.after.Restoring != ""); err != nil {
		return api.Response{}, err
	}
	if a.after.EndsSessions(a.before) {
		if err := p.terminateSessions(ctx, tenant); err != nil {
			return api.Response{}, err
		}
	}
	described := a.after.Describe()
	return api.Response{Tenant: &described, Warnings: a.warnings}, nil
}

// prepare reads the tenant's record and secret, and refuses a request that cannot be carried out.
func (a *applying) prepare(ctx context.Context, tx pgx.Tx) (err error) {
	tenant := a.request.Tenant
	if a.before, err = load(ctx, tx, tenant); err != nil {
		return err
	}
	if a.before != nil && a.before.Deleting {
		//page:tenant-offboarding
		return errors.New("its deletion has begun, and some of its objects are gone: delete it again, then create it and restore its archive")
	}
	if err := a.p.checkSecretARN(tenant, a.request.SecretARN); err != nil {
		return err
	}
	a.secret, err = a.p.open(ctx, tenant, a.request.SecretARN)
	return err
}

func (a *applying) inDatabase(ctx context.Context, tx pgx.Tx) error {
	tenant := a.request.Tenant
	if err := a.prepare(ctx, tx); err != nil {
		return err
	}
	found, err := inspect(ctx, tx, tenant)
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
	if needsMoreConnections(a.before, a.after) || !found.connect {
		if err := a.p.lock(ctx, tx, lockCreation, patience); err != nil {
			return err
		}
	}
	if err := a.p.hasRoom(ctx, tx, a.before, a.after, api.Beside{}); err != nil {
		return err
	}
	if err := run(ctx, tx, namesOf(tenant).create(found, a.after, verifier)...); err != nil {
		return fmt.Errorf("create roles and schema: %w", err)
	}
	if a.warnings, err = reconcile(ctx, tx, a.after, found); err != nil {
		return err
	}
	return save(ctx, tx, a.after)
}

// password chooses the tenant's connection. The verifier is what the database shall take its password by, or nothing if it
// has the password already.
func (a *applying) password(ctx context.Context, roleExists bool) (verifier string, err error) {
	var set bool
	if a.connection, set, err = a.p.choose(ctx, a.secret, a.request, roleExists, a.after.Restoring != ""); err != nil || !set {
		return "", err
	}
	return scram.Verifier(a.connection.Password)
}

// decide computes the record that the request leads to.
func (a *applying) decide(ctx context.Context) error {
	a.after = domain.Requested(a.request, a.before, a.p.Now())
	a.request.PasswordVersion = a.after.PasswordVersion
	if a.before == nil || !a.before.OverStorage {
		return nil
	}
	m, err := a.p.measureTenant(ctx, a.request.Tenant)
	if err != nil {
		return err
	}
	a.after.OverStorage, a.after.HeldBytes, a.after.LoginBlocked = a.before.OverStorage, a.before.HeldBytes, a.before.LoginBlocked
	a.after.CleanUpUntil = a.before.CleanUpUntil
	a.after = a.after.Evaluate(m, a.p.Now())
	return nil
}

// hasRoom refuses what the database, with others beside it, has no room for.
func (p *Provisioner) hasRoom(ctx context.Context, tx pgx.Tx, before *domain.Record, after domain.Record, beside api.Beside) error {
	if before == nil {
		if err := p.belowCeiling(ctx, tx, beside.Tenants); err != nil {
			return err
		}
	}
	if before == nil || allowanceOf(after.Tier) > allowanceOf(before.Tier) {
		if err := p.mayGrow(ctx, tx, before == nil); err != nil {
			return err
		}
	}
	return p.connectionsFit(ctx, tx, before, after, beside.Connections)
}

func (p *Provisioner) belowCeiling(ctx context.Context, tx pgx.Tx, beside int) error {
	var tenants int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM platform.tenant`).Scan(&tenants); err != nil {
		return fmt.Errorf("count the tenants: %w", err)
	}
	tenants += beside
	if tenants >= p.Ceiling {
		//page:tenant-onboarding
		return fmt.Errorf("the number of tenants in the database, %s, has reached its ceiling of %d: offboard tenants that have left, or set up another environment for new ones; "+
			"raise the ceiling (%s) only with a larger instance, as every session's memory grows with the tables it has seen", countWith(tenants, beside), p.Ceiling, api.EnvSchemaCeiling)
	}
	return nil
}

// countWith is a count as messages say it, with how many of it are of the same request.
func countWith(count, beside int) string {
	if beside == 0 {
		return strconv.Itoa(count)
	}
	return fmt.Sprintf("%d (%d of them those to be made beside it)", count, beside)
}
