package environment

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/policies/policyconfig"
)

// PriceOptions say by what a stack is priced.
type PriceOptions struct {
	Settings string // a file with the stack's configuration; empty: the project's, if there is one
	Usage    string // a file with amounts of usage that are known better than the assumed ones; empty: there is none
}

// AddFlags adds --settings and --usage.
func (o *PriceOptions) AddFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.Settings, "settings", "", "the stack's configuration (default Pulumi.<stack>.yaml of the project)")
	cmd.Flags().StringVar(&o.Usage, "usage", "", "a file with amounts of usage that are known better than the assumed ones")
}

// Document reads what the stack has.
func (t *Target) Document(ctx context.Context, f *cmdutil.Factory) (cost.Document, error) {
	stack, closeStack, err := t.Deployed(ctx, f)
	if err != nil {
		return cost.Document{}, err
	}
	defer closeStack()
	resources, err := stack.Resources(ctx)
	if err != nil {
		return cost.Document{}, err
	}
	document := cost.FromState(resources)
	document.Stack = cmp.Or(document.Stack, t.Name)
	return document, nil
}

// Priced is what an environment has, how it is priced, and what the own resources of each of its tenants cost a month.
type Priced struct {
	Document cost.Document
	Terms    policyconfig.Config
	OwnUSD   decimal.Decimal
	Spared   []pricesheet.Spared // tenants that the breaker never suspends for the environment's sake
}

// Priced reads what the stack has, and how it is priced.
func (t *Target) Priced(ctx context.Context, f *cmdutil.Factory, o *PriceOptions, now time.Time) (p Priced, err error) {
	if p.Document, err = t.Document(ctx, f); err != nil {
		return p, err
	}
	settings, terms, err := o.Terms(f, p.Document, now)
	if err != nil {
		return p, err
	}
	p.Terms = terms
	if p.Spared, err = p.Document.Spared(settings); err != nil {
		return p, exit.UsageError(err)
	}
	p.OwnUSD, err = p.Document.OwnUSD(settings, now)
	return p, exit.UsageError(err)
}

// Terms are those on which a document is priced, and the file with its stack's configuration that they are from. A document with nothing
// to price is refused.
func (o *PriceOptions) Terms(f *cmdutil.Factory, document cost.Document, now time.Time) (settings string, terms policyconfig.Config, err error) {
	if settings, err = o.settingsFile(f, document.Stack); err != nil {
		return settings, terms, err
	}
	if terms, err = document.Terms(settings, o.Usage, now); err != nil {
		return settings, terms, exit.UsageError(err)
	}
	if document.Empty() {
		err = exit.Usagef("there is nothing to price: stack %q has no resources", document.Stack)
	}
	return settings, terms, err
}

// settingsFile is the file with the stack's configuration: the one that was named, or else the project's, if there is a
// project. It is checked: wrong words in it would pass for the defaults.
func (o *PriceOptions) settingsFile(f *cmdutil.Factory, stack string) (string, error) {
	if o.Settings != "" {
		if _, err := os.Stat(o.Settings); err != nil {
			return "", exit.Usagef("--settings: %w", err)
		}
		return o.Settings, f.CheckSettings(o.Settings)
	}
	file, err := SettingsFile(f, stack)
	if errors.Is(err, cmdutil.ErrNoProject) {
		return "", nil
	}
	if _, missing := os.Stat(file); err != nil || missing != nil {
		return file, err
	}
	return file, f.CheckSettings(file)
}
