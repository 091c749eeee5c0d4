package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/localcloud"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

func (a *app) upCommand(p *place) *cobra.Command {
	var asJSON bool
	var bare bool
	var j judged
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
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.prepare(cmd.Context(), &j, local.Stack); err != nil {
				return err
			}
			cloud, err := a.judgedCloud(*p, j)
			if err != nil {
				return err
			}
			if bare {
				cloud.Samples = nil
			}
			report, err := cloud.Up(cmd.Context())
			var dead *localcloud.DeadError
			if errors.As(err, &dead) {
				return fmt.Errorf("%w\nwhat it emulated is lost; `platform local up` again starts a new one", err)
			}
			if errors.Is(err, process.ErrInterrupted) {
				return fmt.Errorf("%w: `platform local up` goes on from here, `platform local down` removes everything", err)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(report)
			}
			a.Print(upText(report, commandName(), placeFlags(*p)))
			return nil
		},
	}
	j.addFlags(cmd)
	p.addPortFlag(cmd)
	cmd.Flags().BoolVar(&bare, "no-tenants", false, "make no sample tenants")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output, everything else on standard error")
	return cmd
}

// upText is the result for a person: what exists, and what to try next with the command called name.
func upText(r *local.UpReport, name, flags string) string {
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
		inventory.Table(r.Parts), changesText(r.Changes), took, samplesText(r.Tenants), name, flags)
}

// samplesText lists the sample tenants.
func samplesText(tenants []*tenant.Report) string {
	if len(tenants) == 0 {
		return ""
	}
	t := inventory.NewTable("TENANT", "TIER", "STATE", "SCHEMA", "CONNECTION IN SECRET", "DEPLOYED")
	for _, r := range tenants {
		took := time.Duration(r.DurationSeconds * float64(time.Second)).Round(100 * time.Millisecond)
		t.AppendRow(table.Row{r.Tenant, r.Tier, r.State, r.Schema, r.SecretARN, fmt.Sprintf("%s in %s", changesText(r.Changes), took)})
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

// placeFlags repeats the flags by which the next command finds the same local cloud.
func placeFlags(p place) string {
	switch {
	case p.dir != "":
		return " --dir " + p.dir
	case p.name != "default":
		return " --name " + p.name
	default:
		return ""
	}
}

// changesText counts what was done: "118 created, 2 updated".
func changesText(changes map[progress.Action]int) string {
	words := map[progress.Action]string{
		progress.Create: "created", progress.Update: "updated", progress.Delete: "deleted", progress.Same: "unchanged",
		progress.CreateReplacement: "created to replace", progress.DeleteReplaced: "deleted when replaced",
	}
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(changes)) {
		word, known := words[op]
		if !known {
			word = string(op)
		}
		parts = append(parts, fmt.Sprintf("%d %s", changes[op], word))
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}
