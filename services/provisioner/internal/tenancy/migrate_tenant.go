package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
	"github.com/genericcorp/platform/services/provisioner/internal/migrate"
)

// A tenant that is busy is tried again in a while, which grows.
const (
	migrationTries = 3
	migrationPause = time.Second
)

// migrateTenant brings one tenant to the list, and gives how it was left: done, pending where there was no more time, or what is in the way.
func (m *migrating) migrateTenant(ctx context.Context, r domain.Record) migrationRecord {
	for try := 1; ; try++ {
		left, err := m.tryTenant(ctx, r)
		if failure := (*migrate.FailedError)(nil); errors.As(err, &failure) {
			left.State, left.Why, left.Held = api.MigrationsFailed, failure.Error(), true
			left.Hold = api.Hold{By: byMigration, Since: m.p.Now().UTC().Truncate(time.Second)}
			return left
		}
		if err == nil {
			return left
		}
		left.State, left.Why = api.MigrationsBusy, err.Error()
		if try == migrationTries || m.pace.late() {
			return left
		}
		select {
		case <-ctx.Done():
			return left
		case <-time.After(time.Duration(try) * migrationPause):
		}
	}
}

// tryTenant goes as far as it can at once. What it did stays.
func (m *migrating) tryTenant(ctx context.Context, r domain.Record) (migrationRecord, error) {
	left := migrationRecord{Slug: r.Slug, Digest: m.request.Migrate.Digest, Run: m.request.Run}
	session, err := m.p.migrationSession(ctx, r)
	if err != nil {
		return left, err
	}
	defer session.Conn.Close(context.WithoutCancel(ctx)) // what it did is committed
	state, err := session.Look(ctx, m.request.Migrate.Migrations)
	left.Version = state.Version
	if err != nil {
		return left, err
	}
	for _, pending := range state.Pending {
		left.pending = append(left.pending, pending.Name)
	}
	switch {
	case state.Problem != "":
		left.State, left.Why = api.MigrationsRefused, state.Problem
		return left, nil
	case len(state.Pending) == 0:
		left.State = api.MigrationsDone
		return left, nil
	case m.request.DryRun:
		left.State = api.MigrationsPending
		return left, nil
	}
	return m.applyPending(ctx, session, state, left)
}

func (m *migrating) applyPending(ctx context.Context, session migrate.Session, state migrate.State, left migrationRecord) (migrationRecord, error) {
	if err := m.p.exemptFromSweep(ctx, left.Slug, session.Conn.PgConn().PID()); err != nil {
		return left, err
	}
	if err := session.CreateTable(ctx); err != nil {
		return left, err
	}
	for i, pending := range state.Pending {
		if i > 0 && m.pace.late() {
			left.State = api.MigrationsPending
			return left, nil
		}
		if err := session.Apply(ctx, pending); err != nil {
			return left, err
		}
		left.Version = max(left.Version, pending.Name)
	}
	left.State = api.MigrationsDone
	return left, nil
}

// migrationSession logs in as the tenant, by its secret.
func (p *Provisioner) migrationSession(ctx context.Context, r domain.Record) (migrate.Session, error) {
	secret := &tenantSecret{secrets: p.Secrets, arn: r.SecretARN}
	current, err := secret.read(ctx, Current)
	if err != nil {
		return migrate.Session{}, err
	}
	if !current.Is(r.Slug, r.PasswordVersion) {
		//page:provisioner-trouble
		return migrate.Session{}, errors.New("the tenant's secret holds no connection: apply the tenant again")
	}
	connection, err := p.Database.Connect(ctx, credentials(*current))
	if err != nil {
		return migrate.Session{}, fmt.Errorf("log in as the tenant: %w", err)
	}
	return migrate.Session{Conn: connection, Schema: slug.Schema(r.Slug)}, nil
}
