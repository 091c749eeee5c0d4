package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// billTo notes where a tenant's invoices go.
func (p *Provisioner) billTo(ctx context.Context, r api.Request) (api.Response, error) {
	err := p.change(ctx, r.Tenant, func(tx pgx.Tx) error {
		if _, err := loadExisting(ctx, tx, r.Tenant); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE platform.tenant SET billing_email = $2, updated_at = now() WHERE slug = $1`, r.Tenant, r.BillingEmail); err != nil {
			return fmt.Errorf("note where the tenant's invoices go: %w", err)
		}
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return p.recorded(ctx, r.Tenant)
}
