package tenant

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// billToOptions are what `platform tenant bill-to` is asked.
type billToOptions struct {
	options

	address string
}

// noAddress is what a person writes where invoices are to go nowhere.
const noAddress = "nobody"

func newBillTo(f *cmdutil.Factory, run cmdutil.Run[billToOptions]) *cobra.Command {
	o := &billToOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "bill-to <tenant> <address>",
		Short: "Say where a tenant's invoices go",
		Long: `Say to which mail address a tenant's invoices go; "nobody" removes it. Without one a tenant that pays gets no invoice, and billing names it
(docs/billing.md). The address is kept in the database alone, and "platform tenant show" shows it.`,
		Example:           `  platform tenant bill-to acme bills@acme.example --env prod`,
		Args:              o.args("the tenant's name", "the address"),
		ValidArgsFunction: o.completeTenants(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[1] != noAddress {
				o.address = args[1]
			}
			request := api.Request{Action: api.ActionBillTo, Tenant: o.tenant, BillingEmail: o.address}
			if err := request.Validate(); err != nil {
				return exit.Usagef("%s, or %s", strings.ReplaceAll(err.Error(), "request.billingEmail", "address"), noAddress)
			}
			return run.Or(billTo)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func billTo(ctx context.Context, o *billToOptions) error {
	return o.onTenants(ctx, func(ctx context.Context, t *tenant.Tenants) error {
		told, err := t.BillTo(ctx, o.tenant, o.address)
		if err != nil {
			return err
		}
		return o.Answer(o.json, told, func() string { return billToText(told) })
	})
}

func billToText(told *tenant.BilledTo) string {
	if told.BillingEmail == "" {
		return fmt.Sprintf("tenant %s of %s: nobody knows where its invoices go", told.Tenant, told.Environment)
	}
	return fmt.Sprintf("tenant %s of %s: its invoices go to %s", told.Tenant, told.Environment, told.BillingEmail)
}
