// Package bootstrap prepares an AWS account and the repository on GitHub for the first deployment.
//
//page:none what was typed is wrong, and the message says what is right
package bootstrap

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/bootstrap"
	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/environments"
)

// NewCommand prepares an account; its subcommand prepares the repository.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	options := bootstrap.Options{Registry: environments.All()}
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:   "bootstrap",
		Short: "Prepare an empty AWS account for the first deployment",
		Long: `Prepare an AWS account for the first deployment: a bucket for Pulumi's state with its keys, GitHub
Actions as an identity provider, and one role a workflow. It uses your own AWS credentials, which
must be an administrator's, once. See docs/first-deploy.md.

Run it again at any time: it repairs what is missing or was changed, and nothing else. --dry-run
says what that would be and changes nothing. It never removes a key, a bucket or a role.

First it asks whether Cost Explorer is ready, which AWS charges a cent for, and which account pays. If
a deployment or the limit on its cost would lack something, it says all of that and makes nothing,
unless --billing-later is given.`,
		Example: `  platform bootstrap --env dev --account 444455556666 --repository owner/name --dry-run
  platform bootstrap --env dev --account 444455556666 --repository owner/name`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := options.Check(); err != nil {
				return exit.UsageError(err)
			}
			report, err := runBootstrap(cmd.Context(), options, dryRun)
			if report == nil {
				return err
			}
			return errors.Join(err, f.Answer(asJSON, report, func() string { return reportText(report) }))
		},
	}
	flags := cmd.Flags()
	environment.AddNameFlag(cmd, &options.Environment, "", options.Registry.Names())
	flags.StringVar(&options.Account, "account", "", "the number of the account; other credentials are refused")
	flags.StringVar(&options.Region, "region", "us-east-1", "where the state is kept")
	flags.StringVar(&options.Repository, "repository", "", "the repository on GitHub whose workflows may deploy: owner/name")
	flags.StringVar(&options.Branch, "branch", "main", "the branch whose workflow files may deploy")
	flags.BoolVar(&options.ThreatDetection, "threat-detection", false, "have GuardDuty watch the account; SECURITY.md says what that costs")
	flags.BoolVar(&options.BillingLater, "billing-later", false, "go on although Cost Explorer is not ready, or another account pays")
	flags.BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmdutil.AddJSON(cmd, &asJSON)
	cmd.AddCommand(newGitHub(f))
	return cmd
}

func runBootstrap(ctx context.Context, options bootstrap.Options, dryRun bool) (*bootstrap.Report, error) {
	found, err := config.LoadDefaultConfig(ctx, config.WithRegion(options.Region), config.WithRetryMaxAttempts(retry.DefaultMaxAttempts))
	if err != nil {
		return nil, fmt.Errorf("find your AWS credentials: %w", err)
	}
	return bootstrap.Run(ctx, found, options, dryRun)
}

func reportText(r *bootstrap.Report) string {
	later := ""
	for _, missing := range r.Lacks {
		later += "\nstill to do: " + missing
	}
	return fmt.Sprintf(`%s

account %s (%s): %s%s

  export PULUMI_BACKEND_URL='%s'
  pulumi stack init %s --secrets-provider '%s'`,
		itemsTable(r.Items), r.Account, r.Environment, done(r.Items, r.DryRun), later, r.Backend, r.Environment, r.SecretsProvider)
}

func itemsTable(items []bootstrap.Item) string {
	t := render.NewTable("RESOURCE", "ASPECT", "STATE")
	for _, item := range items {
		t.AppendRow(render.Row{item.Resource, item.Aspect, item.State})
	}
	return t.Render()
}

// done says how much was not as it should be.
func done(items []bootstrap.Item, dryRun bool) string {
	what := "repaired"
	if dryRun {
		what = "to repair; this was a dry run, nothing was changed"
	}
	return fmt.Sprintf("%d of %d %s", bootstrap.Changes(items), len(items), what)
}
