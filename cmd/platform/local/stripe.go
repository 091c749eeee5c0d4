package local

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/localcloud"
)

// stripeOptions are what the commands about Stripe's stand-in are asked.
type stripeOptions struct {
	options

	invoice, happens string
	days             int
}

func newStripe(f *cmdutil.Factory, run cmdutil.Run[stripeOptions]) *cobra.Command {
	child := func(use, short, long, example string, args cobra.PositionalArgs, own cmdutil.Run[stripeOptions]) *cobra.Command {
		o := &stripeOptions{options: options{Factory: f}}
		cmd := &cobra.Command{Use: use, Short: short, Long: long, Example: example, Args: cmdutil.Args(args)}
		cmd.RunE = func(cmd *cobra.Command, given []string) error {
			if len(given) == 2 {
				o.invoice, o.happens = given[0], given[1]
				if (o.happens == "overdue") != (o.days > 0) {
					return exit.Usagef("--days: got %d, expected 1 or more with overdue, and none with anything else", o.days)
				}
			}
			return run.Or(own)(cmd.Context(), o)
		}
		o.addFlags(cmd)
		if strings.Contains(use, "<") {
			cmd.Flags().IntVar(&o.days, "days", 0, "with overdue: for how many days it is")
		}
		return cmd
	}
	cmd := child("stripe", "Show the invoices and events of Stripe's stand-in",
		`Show the invoices of Stripe's stand-in on the local cloud, and the events that it sent to endpoints. It is not Stripe: nobody is sent
anything, and nobody pays. Billing asks it where the settings say billing.standIn (docs/billing.md).`,
		"  platform local stripe\n  platform local stripe invoice in_000007 overdue --days 8", cobra.NoArgs, showStripe)
	cmd.AddCommand(
		child("invoice <id> <what happens>", "Have something happen to an invoice",
			`Have something happen to an invoice, and an event of that be sent: paid, void, uncollectible, failed (an attempt to collect it) or overdue
(for --days days).`,
			"  platform local stripe invoice in_000007 overdue --days 8\n  platform local stripe invoice in_000007 paid", cobra.ExactArgs(2), changeInvoice),
		child("hold", "Send no events", "Send no events until they are released.", "  platform local stripe hold", cobra.NoArgs,
			func(ctx context.Context, o *stripeOptions) error { return o.events(ctx, true) }),
		child("release", "Send the events that were held, the newest first", "Send the events that were held, the newest first: Stripe promises no order.",
			"  platform local stripe release", cobra.NoArgs, func(ctx context.Context, o *stripeOptions) error { return o.events(ctx, false) }),
	)
	return cmd
}

// ask asks the running local cloud, and shows what the stand-in has then.
func (o *stripeOptions) ask(ctx context.Context, do func(localcloud.State) (localcloud.Stripe, error)) error {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return err
	}
	state, err := cloud.Running(ctx)
	if err != nil {
		return err
	}
	shown, err := do(state)
	if err != nil {
		return err
	}
	return o.Answer(o.json, shown, func() string { return stripeText(shown) })
}

func showStripe(ctx context.Context, o *stripeOptions) error {
	return o.ask(ctx, func(state localcloud.State) (localcloud.Stripe, error) { return localctl.Stripe(ctx, state) })
}

func changeInvoice(ctx context.Context, o *stripeOptions) error {
	return o.ask(ctx, func(state localcloud.State) (localcloud.Stripe, error) {
		return localctl.StripeHappens(ctx, state, o.invoice, o.happens, o.days)
	})
}

func (o *stripeOptions) events(ctx context.Context, held bool) error {
	return o.ask(ctx, func(state localcloud.State) (localcloud.Stripe, error) {
		return localctl.StripeEvents(ctx, state, held)
	})
}

func stripeText(s localcloud.Stripe) string {
	text := "no invoice was made"
	if len(s.Invoices) > 0 {
		table := render.NewTable("INVOICE", "TENANT", "USD", "DUE", "STATUS", "FAILED ATTEMPTS")
		for _, i := range s.Invoices {
			table.AppendRow(render.Row{i.ID, i.Tenant, fmt.Sprintf("%d.%02d", i.Cents/100, i.Cents%100), i.Due.Format(time.DateOnly), i.Status, i.Attempts})
		}
		text = table.Render()
	}
	if len(s.Deliveries) > 0 {
		table := render.NewTable("EVENT", "KIND", "INVOICE", "ATTEMPTS", "ANSWER", "STATE")
		for _, d := range s.Deliveries {
			table.AppendRow(render.Row{d.Event, d.Kind, d.Invoice, d.Attempts, d.Answer, d.State})
		}
		text += "\n\n" + table.Render()
	}
	if s.Held {
		text += "\nno event is sent until `platform local stripe release`"
	}
	return text + "\n(the local cloud's stand-in of Stripe: nobody is sent anything, and nobody pays)"
}
