package cli

import (
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

func (a *app) startCommand(p *place) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start the local cloud and deploy nothing to it",
		Long: `Start the local cloud and deploy nothing to it: an empty AWS account to preview against, or to try
"platform bootstrap" on. It is no error when it runs already.`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cloud, err := a.cloud(*p)
			if err != nil {
				return err
			}
			if err := cloud.Start(cmd.Context()); err != nil || !asJSON {
				return err
			}
			report, err := status(cmd.Context(), cloud)
			if err != nil {
				return err
			}
			return a.PrintJSON(report)
		},
	}
	p.addPortFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output, as of \"platform local status\"")
	return cmd
}
