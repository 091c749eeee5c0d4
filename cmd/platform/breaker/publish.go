package breaker

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
)

// publishOptions are what `platform breaker publish` is asked.
type publishOptions struct {
	options

	prices environment.PriceOptions
}

func newPublish(f *cmdutil.Factory, run cmdutil.Run[publishOptions]) *cobra.Command {
	o := &publishOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Tell the breaker what the environment costs as it is deployed now",
		Long: `Tell the breaker what the environment costs as it is deployed now, by the estimate of platform cost. A deployment with this command
does so by itself, where whoever deploys may call the provisioner. Prices older than 35 days let nobody go, and the sweep fails.`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.target.Check(); err != nil {
				return err
			}
			return run.Or(publish)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	o.prices.AddFlags(cmd)
	return cmd
}

func publish(ctx context.Context, o *publishOptions) error {
	sheet, err := o.target.PublishPrices(ctx, o.Factory, &o.prices)
	if err != nil {
		return err
	}
	return o.Answer(o.json, sheet, func() string {
		return fmt.Sprintf("environment %s: the breaker goes by the prices of now; `platform breaker --env %s` shows what follows", o.target.Name, o.target.Name)
	})
}
