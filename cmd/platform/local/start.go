package local

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

func newStart(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start the local cloud and deploy nothing to it",
		Long: `Start the local cloud and deploy nothing to it: an empty AWS account to preview against, or to try
"platform bootstrap" on. It is no error when it runs already. With --json it prints what "platform local status" does.`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run.Or(start)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	o.AddPortFlag(cmd)
	return cmd
}

func start(ctx context.Context, o *options) error {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return err
	}
	if err := cloud.Start(ctx); err != nil || !o.json {
		return err
	}
	report, err := statusOf(ctx, cloud)
	if err != nil {
		return err
	}
	return o.PrintJSON(report)
}
