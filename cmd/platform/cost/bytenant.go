package cost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// ofTenants is the only way in which a cost is shared.
const ofTenants = "tenant"

func (o *options) addByFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.by, "by", "", "share what the environment costs: "+ofTenants)
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions([]string{ofTenants}, cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().BoolVar(&o.bill, "bill", false, "compare what was estimated with what AWS charged; USD 0.01 a time")
	o.period.AddFlags(cmd, "this month so far; with --by or --bill")
}

// checkBy refuses what has no meaning for tenants, and without them.
func (o *options) checkBy(cmd *cobra.Command) error {
	errs := []error{cmdutil.OnlyOne(cmd, "day", "month")}
	if o.bill {
		return errors.Join(append(errs, o.checkBill(cmd)...)...)
	}
	if !cmd.Flags().Changed("by") {
		for _, flag := range []string{"day", "month"} {
			if cmd.Flags().Changed(flag) {
				errs = append(errs, exit.Usagef("--%s: only with --by %s or --bill", flag, ofTenants))
			}
		}
		return errors.Join(errs...)
	}
	if o.by != ofTenants {
		errs = append(errs, exit.Usagef("--by: got %q, expected %s", o.by, ofTenants))
	}
	for _, flag := range []string{"file", "against", "all", "tenants", "markdown", "html", "check"} {
		errs = append(errs, cmdutil.OnlyOne(cmd, "by", flag))
	}
	return errors.Join(errs...)
}

// byTenant shows what each tenant of the environment cost.
func byTenant(ctx context.Context, o *options) error {
	now := time.Now().UTC()
	period := o.period.Or(cmdutil.ThisMonth(now))
	var span pricesheet.Span
	var err error
	if span.From, span.To, err = period.Span(now); err != nil {
		return err
	}
	priced, err := o.target.Priced(ctx, o.Factory, &o.prices, now)
	if err != nil {
		return err
	}
	var ledger pricesheet.Ledger
	err = o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) (err error) {
		ledger, err = readLedger(ctx, t, span)
		return err
	})
	if err != nil {
		return err
	}
	answer, err := cost.PerTenant(priced.Document, priced.Terms, priced.OwnUSD, span, ledger, now)
	if err != nil {
		return exit.UsageError(err)
	}
	return o.write(func(to io.Writer) error {
		if o.json {
			return cmdutil.WriteJSON(to, answer)
		}
		_, err := fmt.Fprintln(to, answer.Text(period.Text(now)))
		return err
	})
}

// readLedger asks the provisioner what was used, and which tenants there are.
func readLedger(ctx context.Context, t *tenant.Tenants, span pricesheet.Span) (pricesheet.Ledger, error) {
	used, err := t.Usage(ctx, "", span.From, span.To)
	if err != nil {
		return pricesheet.Ledger{}, err
	}
	all, err := t.All(ctx)
	return api.Ledger(used.Rows, all, used.Warnings), err
}
