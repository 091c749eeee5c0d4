package iam

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/rights"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/printable"
)

// options are what `platform iam explain` is asked.
type options struct {
	*cmdutil.Factory

	target  environment.Target
	role    string
	keys    []string
	json    bool
	now     time.Time
	request rights.Question
}

func newExplain(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f, now: time.Now()}
	cmd := &cobra.Command{
		Use:   "explain ROLE ACTION [RESOURCE]",
		Short: "Tell whether a role may do something, and which statement says so",
		Long: `Tell whether a role of the environment's account may do something, and which statement of which policy says so, or that none does.

The role's own policies and its permissions boundary are read from the account and evaluated as IAM does. The policy of the
resource is not asked, nor are the organisation's: a key of KMS and the trust of a role decide as well. Where a condition decides of which
nothing is known, the answer names its key: say with --context what the call carries, or with nothing behind the = that it carries none.

RESOURCE is an ARN, or * (the default) for an action that knows none.`,
		Example: `  platform iam explain platform-deployer rds:DeleteDBInstance 'arn:aws:rds:us-east-1:123456789012:db:platform' --env prod
  platform iam explain platform-tenant lambda:InvokeFunction 'arn:aws:lambda:us-east-1:123456789012:function:provisioner' --env prod
  platform iam explain platform-deployer kms:Decrypt 'arn:aws:kms:us-east-1:123456789012:key/1' --context kms:ResourceAliases=alias/platform-state`,
		ValidArgsFunction: completeRole,
		Args:              cmdutil.Args(o.read),
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(explain)(cmd.Context(), o) },
	}
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	cmd.Flags().StringArrayVar(&o.keys, "context", nil, "a condition key and what the call carries of it, as key=value; once for each value")
	_ = cmd.RegisterFlagCompletionFunc("context", cobra.NoFileCompletions)
	return cmd
}

// completeRole knows the roles that every environment's account has.
func completeRole(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{
		environments.RoleAdministrator, environments.RoleDeployer, environments.RoleDeveloper, environments.RoleDrift, environments.RolePreview, environments.RoleTenant,
	}, cobra.ShellCompDirectiveNoFileComp
}

// read reads the arguments and flags, and tells all that is wrong with them.
func (o *options) read(cmd *cobra.Command, args []string) error {
	const least, most = 2, 3
	if len(args) < least || len(args) > most {
		return fmt.Errorf("%s: got %s, expected a role, an action and perhaps a resource", cmd.CommandPath(), printable.Count(len(args), "argument"))
	}
	o.role, o.request = args[0], rights.Question{Action: args[1], Resource: "*", Context: iampolicy.Context{}}
	var problems []error
	if service, name, ok := strings.Cut(o.request.Action, ":"); !ok || service == "" || name == "" || strings.ContainsAny(o.request.Action, "*?") {
		problems = append(problems, fmt.Errorf("the action: got %q, expected one, as s3:GetObject", o.request.Action))
	}
	if len(args) == most {
		o.request.Resource = args[2]
	}
	if o.request.Resource != "*" && !strings.HasPrefix(o.request.Resource, "arn:") {
		problems = append(problems, fmt.Errorf("the resource: got %q, expected an ARN, or *", o.request.Resource))
	}
	for _, text := range o.keys {
		key, value, ok := strings.Cut(text, "=")
		if !ok || !strings.Contains(key, ":") {
			problems = append(problems, fmt.Errorf("--context: got %q, expected a condition key and its value, as aws:RequestedRegion=us-east-1", text))
			continue
		}
		values := o.request.Context[key]
		if value != "" {
			values = append(values, value)
		}
		o.request.Context[key] = values
	}
	return exit.UsageError(errors.Join(append(problems, o.target.Check())...))
}

func explain(ctx context.Context, o *options) error {
	return o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		outputs, err := t.Environment.Outputs(ctx)
		if err != nil {
			return err
		}
		o.request.Region, _ = outputs["region"].(string)
		o.request.Now = o.now
		config, err := t.Environment.AWS(ctx, o.request.Region)
		if err != nil {
			return err
		}
		role, err := rights.Read(ctx, awsiam.NewFromConfig(config), o.role)
		if err != nil {
			return err
		}
		answer, err := role.Explain(o.request)
		if err != nil {
			return err
		}
		return o.Answer(o.json, answer, func() string { return text(answer) })
	})
}

// text is the answer in a few lines.
func text(a rights.Answer) string {
	name := a.Role[strings.LastIndex(a.Role, "/")+1:]
	var lines []string
	switch {
	case a.Allowed:
		lines = append(lines, fmt.Sprintf("%s may %s on %s: %s allows it", name, a.Action, a.Resource, a.By))
	case len(a.Unknown) > 0:
		lines = append(lines, fmt.Sprintf("nobody can say whether %s may %s on %s: what does the call carry of %s? Say so by --context KEY=VALUE, or KEY= where it carries none",
			name, a.Action, a.Resource, strings.Join(a.Unknown, ", ")))
	case a.By != "":
		lines = append(lines, fmt.Sprintf("%s may not %s on %s, %s: %s", name, a.Action, a.Resource, a.Why, a.By))
	default:
		lines = append(lines, fmt.Sprintf("%s may not %s on %s, %s", name, a.Action, a.Resource, a.Why))
	}
	return strings.Join(append(lines, "asked were: "+strings.Join(a.Policies, ", ")), "\n")
}
