// Package cost shows what a stack costs, and keeps the price catalogue up to date.
//
//page:none what was typed is wrong, and the message says what is right
package cost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// options are what `platform cost` is asked.
type options struct {
	*cmdutil.Factory

	target                    environment.Target
	prices                    environment.PriceOptions
	file, against             string
	all, json, markdown, html bool
	output                    string
	check                     bool
	tenants                   int
	by                        string
	bill                      bool
	period                    cmdutil.Period
}

// NewCommand shows what a stack costs.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	cmd := newCost(f, nil)
	cmd.AddCommand(newRefresh(f))
	return cmd
}

// notCounted says that nobody has told how many tenants there are.
const notCounted = -1

func newCost(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "Show what a stack costs a month, and what a change would make of it",
		Long: `Show what a stack costs a month at AWS list prices: fixed parts, assumed usage, its limit and what
is left of it. For an environment the limit is for the whole bill: with today's tenants, with all that there may be, and at its
largest, each with support and tax. The amounts and the limit are those by which the policy pack refuses.

With --by tenant it shows what each tenant cost this month so far, in another month or on a day, by what the ledger says that it
used, what it pays, and what nobody used. Prices and resources are today's.

With --bill it shows by day and part how far the estimate of then was from what AWS charged, until the day that ended two days ago. It asks
AWS's Cost Explorer, which costs USD 0.01.

Without --file the stack's state is read: that of the local cloud, or with --env that of an environment
in your own backend. With --file it is a document that the engine wrote, and neither an engine nor the
repository is needed:
  pulumi preview --json --show-sames   also tells what the deployment changes
  pulumi stack export                  what is deployed`,
		Example: `  platform cost                                   # of the local cloud's environment
  platform cost --env prod --html --output cost.html
  platform cost --file preview.json --markdown    # for the comment on a pull request
  platform cost --file after.json --against before.json
  platform cost --by tenant --month 2026-11 --env prod
  platform cost --bill --month 2026-11 --env prod`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(cmdutil.OnlyOne(cmd, "json", "markdown", "html"), cmdutil.OnlyOne(cmd, "file", "env"), o.target.Check(), o.checkTenants(), o.checkBy(cmd), cmdutil.RequireFolder("--output", o.output)); err != nil {
				return err
			}
			if o.bill {
				return run.Or(againstBill)(cmd.Context(), o)
			}
			if o.by != "" {
				return run.Or(byTenant)(cmd.Context(), o)
			}
			return run.Or(show)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.file, "file", "", "a preview or a state that the engine wrote as JSON; - is standard input")
	flags.StringVar(&o.against, "against", "", "an earlier preview or state: show the difference to it")
	o.prices.AddFlags(cmd)
	flags.IntVar(&o.tenants, "tenants", notCounted, "how many tenants there are, for the bill of today (default: the environment is asked)")
	flags.BoolVar(&o.all, "all", false, "list every resource, change and assumption")
	flags.BoolVar(&o.json, "json", false, "print one JSON document")
	flags.BoolVar(&o.markdown, "markdown", false, "print a comment for a pull request")
	flags.BoolVar(&o.html, "html", false, "print a page with charts that needs nothing else")
	flags.StringVarP(&o.output, "output", "o", "", "write to this file instead of standard output")
	flags.BoolVar(&o.check, "check", false, "fail when the policy pack would refuse the stack for its cost")
	o.addByFlags(cmd)
	return cmd
}

func show(ctx context.Context, o *options) error {
	document, err := o.document(ctx)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	_, terms, err := o.prices.Terms(o.Factory, document, now)
	if err != nil {
		return err
	}
	statement := cost.State(document, terms, now)
	if tenants := o.countTenants(ctx); tenants != notCounted {
		statement = statement.WithTenants(tenants)
	}
	if o.against != "" {
		earlier, err := cost.ReadFile(o.against, o.In)
		if err != nil {
			return err
		}
		statement = statement.Against(earlier, document, terms)
	}
	if err := o.write(func(to io.Writer) error { return o.writeTo(to, statement) }); err != nil {
		return err
	}
	if o.check && statement.Verdict.Level == cost.Refused {
		return errors.New("the stack must not be deployed at this cost")
	}
	return nil
}

func (o *options) checkTenants() error {
	if o.tenants < notCounted {
		return exit.Usagef("--tenants: got %d, expected a number of tenants", o.tenants)
	}
	return nil
}

// countTenants is how many tenants there are. One that cannot be asked is no reason to tell nothing.
func (o *options) countTenants(ctx context.Context) int {
	if o.tenants != notCounted || o.file != "" {
		return o.tenants
	}
	count := notCounted
	err := o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		all, err := t.All(ctx)
		count = len(all)
		return err
	})
	if err != nil {
		_, _ = fmt.Fprintf(o.Err, "how many tenants there are is not known (--tenants tells it): %v\n", err)
		return notCounted
	}
	return count
}

// document reads what the question is about.
func (o *options) document(ctx context.Context) (cost.Document, error) {
	if o.file != "" {
		return cost.ReadFile(o.file, o.In)
	}
	return o.target.Document(ctx, o.Factory)
}

// write has the answer written to where it was asked for.
func (o *options) write(answer func(to io.Writer) error) error {
	if o.output == "" {
		return answer(o.Out)
	}
	file, err := os.Create(o.output)
	if err != nil {
		return exit.Usagef("--output: %w", err)
	}
	return errors.Join(answer(file), file.Close())
}

// writeTo writes the statement in the form that was asked for.
func (o *options) writeTo(to io.Writer, s cost.Statement) (err error) {
	var text string
	switch {
	case o.json:
		return cmdutil.WriteJSON(to, s)
	case o.markdown:
		text = s.Markdown()
	case o.html:
		text, err = s.HTML()
	default:
		text = s.Text(o.all)
	}
	if err == nil {
		_, err = fmt.Fprintln(to, text)
	}
	return err
}
