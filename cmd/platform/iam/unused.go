package iam

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/rights"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/internal/environments"
)

// unusedOptions are what `platform iam unused` is asked.
type unusedOptions struct {
	*cmdutil.Factory

	target environment.Target
	roles  []string
	days   int
	all    bool
	json   bool
	now    time.Time
}

// mostDays is how far back IAM looks.
const mostDays = 400

func newUnused(f *cmdutil.Factory, run cmdutil.Run[unusedOptions]) *cobra.Command {
	o := &unusedOptions{Factory: f, now: time.Now()}
	cmd := &cobra.Command{
		Use:   "unused [ROLE...]",
		Short: "List the rights of roles that they have not asked for",
		Long: `List the rights of the account's roles that they have not asked for since --days: candidates to be taken away. Without arguments it looks at
the workflows' roles and at those that deployments make.

AWS's own records are asked (IAM's last accessed information). They follow the actions of many services and not of all, count refused
calls too, are some hours late, and do not see what AWS does in a role's name, such as a function's log. So a right that is listed is a
question, not an answer: docs/rights.md has the reasons of those that no test uses. Rights of which IAM does not tell, and those of
policies that AWS writes, are counted, and listed with --all. On the local cloud each action is followed, since it began.`,
		Example: `  platform iam unused --env prod
  platform iam unused platform-deployer --days 30 --env prod
  platform iam unused --all --json --env prod`,
		ValidArgsFunction: completeRole,
		Args: cmdutil.Args(func(_ *cobra.Command, args []string) error {
			o.roles = args
			if o.days < 1 || o.days > mostDays {
				return fmt.Errorf("--days: got %d, expected 1 to %d", o.days, mostDays)
			}
			return o.target.Check()
		}),
		RunE: func(cmd *cobra.Command, _ []string) error { return run.Or(unused)(cmd.Context(), o) },
	}
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	cmd.Flags().IntVar(&o.days, "days", 90, fmt.Sprintf("how far back to look, 1 to %d", mostDays))
	cmd.Flags().BoolVar(&o.all, "all", false, "list each right, also those that are used and those of which IAM does not tell")
	return cmd
}

// unusedAnswer is what is known of the rights of roles.
type unusedAnswer struct {
	Environment string       `json:"environment"`
	Since       time.Time    `json:"since"`
	Roles       []roleRights `json:"roles"`
}

type roleRights struct {
	Role   string         `json:"role"` // its ARN
	Rights []rights.Right `json:"rights"`
}

func unused(ctx context.Context, o *unusedOptions) error {
	return o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		outputs, err := t.Environment.Outputs(ctx)
		if err != nil {
			return err
		}
		region, _ := outputs["region"].(string)
		config, err := t.Environment.AWS(ctx, region)
		if err != nil {
			return err
		}
		client := awsiam.NewFromConfig(config)
		if len(o.roles) == 0 {
			if o.roles, err = rolesOf(ctx, client); err != nil {
				return err
			}
		}
		answer := unusedAnswer{Environment: t.Environment.Name(), Since: o.now.UTC().AddDate(0, 0, -o.days), Roles: []roleRights{}}
		for _, name := range o.roles {
			role, err := rights.Read(ctx, client, name)
			if err != nil {
				return err
			}
			found, err := role.Uses(ctx, client, answer.Since)
			if err != nil {
				return err
			}
			answer.Roles = append(answer.Roles, roleRights{Role: role.ARN, Rights: found})
		}
		return o.Answer(o.json, answer, func() string { return unusedText(answer, o.days, o.all) })
	})
}

// rolesOf are the workflows' roles and those that deployments make, as far as the account has them.
func rolesOf(ctx context.Context, client awsiam.ListRolesAPIClient) (names []string, err error) {
	workflows := map[string]bool{environments.RolePreview: true, environments.RoleDeployer: true, environments.RoleTenant: true, environments.RoleDrift: true}
	pages := awsiam.NewListRolesPaginator(client, &awsiam.ListRolesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the account's roles: %w", err)
		}
		for _, role := range page.Roles {
			if name := aws.ToString(role.RoleName); workflows[name] || aws.ToString(role.Path) == permissionsboundary.Path {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

// unusedText is a line a role, and a table of the rights that are in question.
func unusedText(answer unusedAnswer, days int, all bool) string {
	var lines []string
	t := render.NewTable("ROLE", "ACTION", "LAST", "STATEMENT")
	listed := 0
	for _, role := range answer.Roles {
		name := role.Role[strings.LastIndex(role.Role, "/")+1:]
		count, ofAWS := map[rights.Use]int{}, 0
		for _, right := range role.Rights {
			if count[right.Use]++; right.OfAWS {
				ofAWS++
			}
			if right.Use == rights.Unused && !right.OfAWS || all {
				listed++
				t.AppendRow(render.Row{name, right.Action, lastText(right), right.By})
			}
		}
		lines = append(lines, fmt.Sprintf("%s: %d rights, %d used in the last %d days, %d not, and of %d IAM does not tell; %d are in policies of AWS", name, len(role.Rights),
			count[rights.Used], days, count[rights.Unused], count[rights.Untold], ofAWS))
	}
	if listed > 0 {
		lines = append([]string{t.Render(), ""}, lines...)
	}
	return strings.Join(append(lines, "(a right that is listed is a question: docs/rights.md has the reasons of those that no test uses)"), "\n")
}

// lastText says when a right was last asked for.
func lastText(right rights.Right) string {
	switch {
	case right.Use == rights.Untold && right.Last != nil:
		return "not told; its service " + right.Last.UTC().Format(time.DateOnly)
	case right.Use == rights.Untold:
		return "not told"
	case right.Last == nil:
		return "never"
	}
	return right.Last.UTC().Format(time.DateOnly)
}
