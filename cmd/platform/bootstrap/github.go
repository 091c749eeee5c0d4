package bootstrap

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/bootstrap"
	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/environments"
)

func newGitHub(f *cmdutil.Factory) *cobra.Command {
	options := bootstrap.GitHubOptions{Registry: environments.All()}
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:   "github",
		Short: "Set up the repository on GitHub: environments, approvals, variables, tokens, rules of the branch",
		Long: `Set up the repository on GitHub for its workflows: the environments with who approves what runs in
them, the variables, what a workflow's token says of itself (the roles in AWS trust nothing else), and
the rules of the branch: reviews, owners and checks that nobody can merge around.

Do it before the first merge: GitHub makes an environment that a workflow names and nobody made, and
protects it by nothing. It uses the token in GH_TOKEN, which must be an administrator's of the repository.
Run it again at any time: it repairs what is missing or was changed, and nothing else.`,
		Example: `  export GH_TOKEN=$(gh auth token)
  platform bootstrap github --repository owner/name --account dev=444455556666 --account prod=111122223333 \\
    --reviewer owner/platform --offboard-reviewer owner/security --dry-run`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := options.Check()
			token := os.Getenv("GH_TOKEN")
			if token == "" {
				err = errors.Join(err, errors.New("GH_TOKEN: got nothing, expected an administrator's token: export GH_TOKEN=$(gh auth token)"))
			}
			if err != nil {
				return exit.UsageError(err)
			}
			// GitHub Enterprise Server has another address, and sets it for its own jobs.
			api := cmp.Or(os.Getenv("GITHUB_API_URL"), "https://api.github.com")
			report, err := bootstrap.SetUpGitHub(cmd.Context(), api, token, options, dryRun)
			if report == nil {
				return err
			}
			return errors.Join(err, f.Answer(asJSON, report, func() string {
				return fmt.Sprintf("%s\n\nrepository %s: %s", itemsTable(report.Items), report.Repository, done(report.Items, dryRun))
			}))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Repository, "repository", "", "the repository on GitHub: owner/name")
	flags.StringVar(&options.Branch, "branch", "main", "the branch that is deployed")
	flags.StringVar(&options.Region, "region", "us-east-1", "the region of the environments")
	flags.StringToStringVar(&options.Accounts, "account", nil,
		"an environment and the number of its AWS account, for each of "+strings.Join(options.Registry.Names(), ", "))
	flags.StringSliceVar(&options.Reviewers, "reviewer", nil, "who approves previews with credentials and deployments to production: a login, or a team as owner/slug")
	flags.StringSliceVar(&options.Offboarders, "offboard-reviewer", nil, "who approves the removal of a tenant")
	flags.BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmdutil.AddJSON(cmd, &asJSON)
	return cmd
}
