package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/localenv"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/environments"
)

// upOptions are what `platform local up` is asked.
type upOptions struct {
	options

	run  environment.RunOptions
	bare bool
}

func newUp(f *cmdutil.Factory, run cmdutil.Run[upOptions]) *cobra.Command {
	o := &upOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the local cloud and deploy the environment to it",
		Long: `Build the local cloud's tools (minutes the first time, into a cache: $PLATFORM_CACHE, or
genericcorp-platform in your cache folder), start it, and deploy the environment and two sample tenants to it.

Run it again at any time: after a change of settings or code it deploys the difference, after
Ctrl-C or a failure it goes on where it stopped. Ctrl-C waits for what is in flight; a second one
stops at once. The local cloud goes on running in the background until "platform local down".`,
		Example: `  platform local up
  platform local up --name second      # beside the first one
  platform local up --json | jq .parts`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run.Or(up)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	o.run.AddFlags(cmd)
	o.AddPortFlag(cmd)
	cmd.Flags().BoolVar(&o.bare, "no-tenants", false, "create no sample tenants")
	return cmd
}

func up(ctx context.Context, o *upOptions) error {
	if err := o.run.Prepare(o.Factory, environments.Local); err != nil {
		return err
	}
	target := environment.Target{Name: environments.Local, LocalCloud: o.LocalCloud}
	cloud, err := target.CloudFor(o.Factory, o.run)
	if err != nil {
		return err
	}
	if o.bare {
		cloud.Samples = nil
	}
	report, err := cloud.Up(ctx)
	var dead *localctl.DeadError
	if errors.As(err, &dead) {
		return fmt.Errorf("%w\nwhat it emulated is lost; `platform local up` again starts a new one", err)
	}
	if errors.Is(err, process.ErrInterrupted) {
		return fmt.Errorf("%w: `platform local up` goes on from here, `platform local down` removes everything", err)
	}
	if err != nil {
		return err
	}
	target.PublishDeployed(ctx, o.Factory, o.run.Settings)
	return o.Answer(o.json, report, func() string { return upText(report, commandName(), o.Repeat()) })
}

// upText is the result for a person: what exists, and what to try next with the command called name.
func upText(r *localenv.UpReport, name, flags string) string {
	took := time.Duration(r.DurationSeconds * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf(`
%s
(prices: AWS list prices and the assumed usage of this environment, were it on AWS)

%s in %s.%s

Try next:
  eval "$(%[5]s local env%[6]s)"    point aws, kubectl, psql and pulumi at it
  aws rds describe-db-instances     ask the AWS API
  kubectl get namespaces            ask Kubernetes
  %[5]s tenant list%[6]s    every tenant
  %[5]s outputs%[6]s    what the stack tells its users
  %[5]s local status%[6]s    the processes, their addresses and logs
  %[5]s local down%[6]s    remove all of it`,
		inventory.Table(r.Parts), render.Changes(r.Changes), took, samplesText(r.Tenants), name, flags)
}

// samplesText lists the sample tenants.
func samplesText(tenants []*tenant.Report) string {
	if len(tenants) == 0 {
		return ""
	}
	t := render.NewTable("TENANT", "TIER", "STATE", "SCHEMA", "CONNECTION IN SECRET", "DEPLOYED")
	for _, r := range tenants {
		took := time.Duration(r.DurationSeconds * float64(time.Second)).Round(100 * time.Millisecond)
		t.AppendRow(render.Row{r.Tenant, r.Tier, r.State, r.Schema, r.SecretARN, fmt.Sprintf("%s in %s", render.Changes(r.Changes), took)})
	}
	return "\n\n" + t.Render()
}

// commandName is the command as the person called it, for commands to copy.
func commandName() string {
	if name := os.Args[0]; strings.ContainsRune(name, os.PathSeparator) {
		return name
	}
	return "platform"
}
