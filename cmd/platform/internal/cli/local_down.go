package cli

import (
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

func (a *app) downCommand(p *place) *cobra.Command {
	var abandon, asJSON bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Destroy what is deployed, stop the local cloud and remove its folder",
		Long: `Destroy every stack on the local cloud and see that nothing is left of it, stop all
processes and remove the folder. The cache of tools stays. It also works when the local cloud is
half gone: what lived in a process that died is gone with it.`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cloud, err := a.cloud(*p)
			if err != nil {
				return err
			}
			report, err := cloud.Down(cmd.Context(), abandon)
			if err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(report)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&abandon, "abandon", false, "do not destroy resource by resource: throw the emulated cloud away (seconds)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output")
	return cmd
}
