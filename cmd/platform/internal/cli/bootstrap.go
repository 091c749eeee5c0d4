package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/bootstrap"
	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/internal/environments"
)

func (a *app) bootstrapCommand() *cobra.Command {
	options := bootstrap.Options{Registry: environments.All()}
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:   "bootstrap",
		Short: "Make an empty AWS account ready for the first deployment",
		Long: `Make an AWS account ready for the first deployment: a bucket for Pulumi's state with its keys, GitHub
Actions as an identity provider, and one role a workflow. It uses your own AWS credentials, which
must be an administrator's, once. See docs/first-deploy.md.

Run it again at any time: it makes right what is missing or was changed, and nothing else. --dry-run
tells what that would be and changes nothing. It never removes a key, a bucket or a role.`,
		Example: `  platform bootstrap --env dev --account 444455556666 --repository owner/name --dry-run
  platform bootstrap --env dev --account 444455556666 --repository owner/name`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := options.Check(); err != nil {
				return exit.UsageError(err)
			}
			report, err := runBootstrap(cmd.Context(), options, dryRun)
			if report != nil && asJSON {
				if printed := a.PrintJSON(report); err == nil {
					err = printed
				}
			} else if report != nil {
				a.Print(bootstrapText(report))
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Environment, "env", "", "the environment that the account is for: "+strings.Join(options.Registry.Names(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("env", cobra.FixedCompletions(options.Registry.Names(), cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&options.Account, "account", "", "the number of the account; other credentials are refused")
	flags.StringVar(&options.Region, "region", "us-east-1", "where the state is kept")
	flags.StringVar(&options.Repository, "repository", "", "the repository on GitHub whose workflows may deploy: owner/name")
	flags.StringVar(&options.Branch, "branch", "main", "the branch whose workflow files may deploy")
	flags.BoolVar(&dryRun, "dry-run", false, "tell what would be done, and do nothing")
	flags.BoolVar(&asJSON, "json", false, "print one JSON document on standard output")
	cmd.AddCommand(a.bootstrapGitHubCommand())
	return cmd
}

func runBootstrap(ctx context.Context, options bootstrap.Options, dryRun bool) (*bootstrap.Report, error) {
	found, err := config.LoadDefaultConfig(ctx, config.WithRegion(options.Region), config.WithRetryMaxAttempts(retry.DefaultMaxAttempts))
	if err != nil {
		return nil, fmt.Errorf("find your AWS credentials: %w", err)
	}
	return bootstrap.Run(ctx, found, options, dryRun)
}

func bootstrapText(r *bootstrap.Report) string {
	return fmt.Sprintf(`%s

account %s (%s): %s

  export PULUMI_BACKEND_URL='%s'
  pulumi stack init %s --secrets-provider '%s'`,
		itemsTable(r.Items), r.Account, r.Environment, done(r.Items, r.DryRun), r.Backend, r.Environment, r.SecretsProvider)
}

func itemsTable(items []bootstrap.Item) string {
	t := inventory.NewTable("RESOURCE", "ASPECT", "STATE")
	for _, item := range items {
		t.AppendRow(table.Row{item.Resource, item.Aspect, item.State})
	}
	return t.Render()
}

// done tells how much was not as wanted.
func done(items []bootstrap.Item, dryRun bool) string {
	what := "made right"
	if dryRun {
		what = "to be made right; this was a dry run, nothing was changed"
	}
	return fmt.Sprintf("%d of %d %s", bootstrap.Changes(items), len(items), what)
}
