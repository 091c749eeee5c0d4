package cli

import "github.com/spf13/cobra"

func (a *app) startCommand(p *place) *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "Start the local cloud and deploy nothing to it",
		Long: `Start the local cloud and deploy nothing to it: an empty AWS account to preview against, or to try
"platform bootstrap" on. It is no error when it runs already.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cloud, err := a.cloud(*p)
			if err != nil {
				return err
			}
			return cloud.Start(cmd.Context())
		},
	}
}
