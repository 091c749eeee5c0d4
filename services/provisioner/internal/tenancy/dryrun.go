package tenancy

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// dryRun looks for what would refuse a request. It changes nothing, and takes no lock that a change would wait for.
func (p *Provisioner) dryRun(ctx context.Context, r api.Request) (api.Response, error) {
	switch r.Action {
	case api.ActionApply:
		return api.Response{}, p.dryRunApply(ctx, r)
	case api.ActionDelete:
		return api.Response{}, p.dryRunRemove(ctx, r.Tenant)
	case api.ActionArchive:
		return p.dryRunArchive(ctx, r.Tenant)
	case api.ActionMigrate:
		return p.migrate(ctx, r)
	default: // Validate lets nothing else in
		return p.dryRunRestore(ctx, r.Tenant, r.ArchiveKey)
	}
}

// dryRunApply looks whether the database has room for the tenant.
func (p *Provisioner) dryRunApply(ctx context.Context, r api.Request) error {
	return pgx.BeginTxFunc(ctx, p.Admin, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		before, err := load(ctx, tx, r.Tenant)
		if err != nil {
			return err
		}
		return p.hasRoom(ctx, tx, before, domain.Requested(r, before, p.Now()), r.Beside)
	})
}

func (p *Provisioner) dryRunRemove(ctx context.Context, tenant string) error {
	if err := p.checkRemovable(ctx, tenant, p.pace()); err != nil {
		return err
	}
	_, err := p.requireArchived(ctx, p.Admin, tenant)
	return err
}

// dryRunArchive reads and counts all that an archive would hold.
func (p *Provisioner) dryRunArchive(ctx context.Context, tenant string) (api.Response, error) {
	if err := p.checkArchivable(ctx, tenant); err != nil {
		return api.Response{}, err
	}
	content, err := p.export(ctx, slug.Schema(tenant), io.Discard)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Archive: &api.Archive{
		Tenant: tenant, CreatedAt: p.Now().UTC().Truncate(time.Millisecond), ContentSHA256: content.SHA256,
		Tables: len(content.Tables), Rows: content.Rows(),
	}}, nil
}

func (p *Provisioner) dryRunRestore(ctx context.Context, tenant, key string) (api.Response, error) {
	pace := p.pace()
	m, err := p.compatibleArchive(ctx, tenant, key)
	if err != nil {
		return api.Response{}, err
	}
	begun, err := loadRestoring(ctx, p.Admin, tenant)
	if err == nil && (begun == nil || begun.ArchiveKey != key) {
		err = restorable(ctx, p.Admin, tenant)
	}
	if err == nil {
		err = p.verify(ctx, m, pace)
	}
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Archive: &m.Archive}, nil
}
