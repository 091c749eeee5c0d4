package ci

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/previewreport"
	"github.com/genericcorp/platform/internal/environments"
)

// What a comparison leaves in its folder.
const (
	driftPage   = "drift.md"
	driftResult = "result"
)

// comparison is how a comparison ended.
type comparison string

// The results, the worse ones later.
const (
	inSync  comparison = "in sync"
	drifted comparison = "drifted"
	unknown comparison = "unknown"
)

const (
	unknownDrift = "**Whether it has drifted is unknown**"
	driftRunbook = "runbooks/drift.md"
	stuckRunbook = "runbooks/failed-or-stuck-deploy.md"
	mostDrifted  = 100 // resources are listed
)

// driftOptions say which environment is compared.
type driftOptions struct {
	*Host
	environment environments.Environment
	out         string
	found       comparison
	page        strings.Builder
}

func newDrift(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "drift <environment> <out>",
		Short: "Compare an environment, its workloads and each of its tenants with their settings and with what AWS has",
		Long: `Compare an environment and each of its tenants with their settings and with what AWS has; on the environment's own runner, which
reaches the cluster's API, also what runs in the cluster. <out>/drift.md describes what was found, and <out>/result names it: in sync, drifted or unknown. Drift is told in an issue and not by a red job: only what
could not be compared fails.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := h.environment(args[0])
			if err != nil {
				return err
			}
			return (&driftOptions{Host: h, environment: e, out: h.absolute(args[1]), found: inSync}).run(cmd.Context())
		},
	}
}

func (o *driftOptions) run(ctx context.Context) error {
	if err := o.requireTarget(); err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o750); err != nil {
		return err
	}
	fmt.Fprintf(&o.page, "## Environment `%s`, %s\n\n", o.environment.Name, time.Now().UTC().Format(time.DateOnly))
	if o.compareSettings(ctx) {
		o.compareState(ctx, o.environment.Name, o.Dir, o.Host)
	}
	if err := o.compareOthers(ctx); err != nil {
		return err
	}
	fmt.Fprintf(&o.page, "\nWhat to do: %s\n", driftRunbook)
	err := errors.Join(
		os.WriteFile(filepath.Join(o.out, driftPage), []byte(o.page.String()), 0o600),
		os.WriteFile(filepath.Join(o.out, driftResult), []byte(o.found), 0o600),
		o.summary(o.page.String()),
	)
	if err == nil && o.found == unknown {
		//page:failed-or-stuck-deploy
		return errors.New("some stacks could not be compared: see the report")
	}
	return err
}

// unknown notes that a stack could not be compared, with what was said about it.
func (o *driftOptions) unknown(said string) {
	o.found = unknown
	fmt.Fprintf(&o.page, "%s: %s\n\n%s", unknownDrift, stuckRunbook, fence(lastLines(said, 5)))
	o.say("%s", forLog(lastLines(said, 20)))
}

// differs notes that a stack is not as it should be.
func (o *driftOptions) differs() {
	if o.found == inSync {
		o.found = drifted
	}
}

// compareSettings tells what of the settings is not deployed. It says whether that is known.
func (o *driftOptions) compareSettings(ctx context.Context, more ...string) bool {
	args := append([]string{"preview", "--stack", o.environment.Name, "--policy-pack", o.policyPack(), "--expect-no-changes", "--json"}, more...)
	cmd := o.command(ctx, o.Platform, args...)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	code := exitCode(o.Run(cmd))
	var p previewreport.Report
	if err := json.Unmarshal([]byte(out.String()), &p); code != exit.OK && code != exit.Changes || err != nil {
		o.unknown(said.String())
		return false
	}
	if code == exit.Changes {
		o.differs()
	}
	fmt.Fprintf(&o.page, "Settings that are not deployed: %d\n\n", len(p.Changes))
	var changes strings.Builder
	for _, c := range p.Changes[:min(len(p.Changes), mostDrifted)] {
		fmt.Fprintf(&changes, "%s  %s  %s\n", c.Operation, c.Type, c.Name)
	}
	o.page.WriteString(fence(changes.String()) + "\n")
	return true
}

// compareOthers compares each tenant's stack, and that of what runs in the cluster where its API is reached. Their settings are in their
// own state, and so is what encrypts their secrets.
func (o *driftOptions) compareOthers(ctx context.Context) error {
	list, err := o.output(o.command(ctx, "pulumi", "--non-interactive", "stack", "ls", "--json"))
	var stacks []struct {
		Name string `json:"name"`
	}
	if err == nil {
		err = json.Unmarshal([]byte(list), &stacks)
	}
	if err != nil {
		o.page.WriteString("\n### Tenants\n\n")
		o.unknown(err.Error())
		return nil
	}
	project, err := os.MkdirTemp("", "platform-drift-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(project) }()
	if err := copyFile(o.path("Pulumi.yaml"), filepath.Join(project, "Pulumi.yaml")); err != nil {
		return err
	}
	host := o.with("PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true")
	for _, stack := range stacks {
		name := stack.Name[strings.LastIndexByte(stack.Name, '/')+1:]
		if tenant, ok := strings.CutPrefix(name, tenantStack(o.environment, "")); ok {
			fmt.Fprintf(&o.page, "\n### Tenant `%s`\n\n", tenant)
			o.compareState(ctx, name, project, host)
		}
		if name == environments.WorkloadsStack(o.environment.Name) {
			o.compareWorkloads(ctx, name, project, host)
		}
	}
	return nil
}

// compareWorkloads compares what runs in the cluster, where the job runs beside it.
func (o *driftOptions) compareWorkloads(ctx context.Context, stack, project string, host *Host) {
	o.page.WriteString("\n### Workloads\n\n")
	if !o.besideTheCluster() {
		fmt.Fprintf(&o.page, "Not compared: that takes the cluster's API, which this job does not reach. Where it is "+
			"reached: `platform preview --env %s --workloads --expect-no-changes`\n", o.environment.Name)
		return
	}
	if o.compareSettings(ctx, "--workloads") {
		o.compareState(ctx, stack, project, host)
	}
}

// tenantStack is the name of a tenant's stack.
func tenantStack(e environments.Environment, tenant string) string {
	return e.Name + "-tenant-" + tenant
}

// compareState tells what AWS has otherwise than the state of a stack says: a refresh that writes nothing. The engine sums it
// up in JSON, and names what it found in its events alone. The project's folder has the stack's settings, if there are any.
func (o *driftOptions) compareState(ctx context.Context, stack, project string, host *Host) {
	events := filepath.Join(o.out, "events.json")
	_ = os.Remove(events)
	cmd := host.with("PULUMI_DEBUG_COMMANDS=true").command(ctx, "pulumi", "--non-interactive", "-C", project,
		"refresh", "--stack", stack, "--preview-only", "--json", "--event-log", events)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	err := o.Run(cmd)
	var result struct {
		ChangeSummary map[string]int `json:"changeSummary"`
	}
	if err == nil {
		err = json.Unmarshal([]byte(out.String()), &result)
	}
	if err != nil {
		o.unknown(fmt.Sprintf("%s\n%v", said.String(), err))
		return
	}
	count := 0
	for operation, n := range result.ChangeSummary {
		if operation != "same" {
			count += n
		}
	}
	if count > 0 {
		o.differs()
	}
	fmt.Fprintf(&o.page, "Resources that AWS has otherwise than the state says: %d\n\n%s", count, fence(changedOutside(events)))
}

// changedOutside lists the resources that a refresh found changed, each with the outputs that differ.
func changedOutside(events string) string {
	file, err := os.Open(events)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	var lines []string
	decoder := json.NewDecoder(bufio.NewReader(file))
	for len(lines) < mostDrifted {
		var event struct {
			ResOutputsEvent struct {
				Metadata struct {
					Op  string `json:"op"`
					URN string `json:"urn"`
					Old struct {
						Outputs map[string]any `json:"outputs"`
					} `json:"old"`
					New struct {
						Outputs map[string]any `json:"outputs"`
					} `json:"new"`
				} `json:"metadata"`
			} `json:"resOutputsEvent"`
		}
		if decoder.Decode(&event) != nil {
			break // the end, or a line that the engine did not finish
		}
		m := event.ResOutputsEvent.Metadata
		if m.Op != "update" && m.Op != "delete" {
			continue
		}
		all := maps.Clone(m.Old.Outputs)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, m.New.Outputs)
		var differ []string
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if !reflect.DeepEqual(m.Old.Outputs[name], m.New.Outputs[name]) {
				differ = append(differ, name)
			}
		}
		parts := strings.SplitN(m.URN, "::", 3)
		lines = append(lines, fmt.Sprintf("%s  %s  %s", m.Op, strings.ReplaceAll(parts[len(parts)-1], "::", " "), strings.Join(differ, ", ")))
	}
	return strings.Join(lines, "\n")
}
