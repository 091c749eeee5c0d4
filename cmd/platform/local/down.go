package local

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

// downOptions are what `platform local down` is asked.
type downOptions struct {
	options

	abandon bool
}

func newDown(f *cmdutil.Factory, run cmdutil.Run[downOptions]) *cobra.Command {
	o := &downOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Destroy what is deployed, stop the local cloud and remove its folder",
		Long: `Destroy every stack on the local cloud and check that nothing is left of it, stop all
processes and remove the folder. The cache of tools stays. It also works when the local cloud is
half gone: what lived in a process that died is gone with it.`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run.Or(down)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.abandon, "abandon", false, "do not destroy resource by resource: throw the emulated cloud away (seconds)")
	return cmd
}

func down(ctx context.Context, o *downOptions) error {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return err
	}
	report, err := cloud.Down(ctx, o.abandon)
	if err != nil || !o.json {
		return err
	}
	return o.PrintJSON(report)
}
