package ci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/internal/environments"
)

const (
	nodesRunbook = "runbooks/node-patching.md"
	// The metric that the alarm monitoring-nodes-unpatched reads: once a day, by the workflow "drift".
	nodesNamespace, nodesMetric = "GenericCorp/Platform", "OldestNodeReleaseDays"
)

// nodesOptions say whose nodes are looked at.
type nodesOptions struct {
	*Host
	environment environments.Environment
	today       time.Time
}

// nodeGroup is a node group as `aws eks describe-nodegroup` shows it, and the release that AWS recommends.
type nodeGroup struct {
	Name           string `json:"nodegroupName"`
	Version        string `json:"version"`        // "1.35"
	ReleaseVersion string `json:"releaseVersion"` // "1.35.2-20261110", with the day of the release
	Status         string `json:"status"`
	recommended    string
}

func newNodes(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "nodes <environment>",
		Short: "Tell how old the releases are that the nodes run, and which AWS recommends",
		Long: `Tell how old the releases are that the nodes run, and which AWS recommends. The age of the oldest goes to CloudWatch, where an
alarm waits for it: it fires when a release is more than 30 days old, and when nobody has looked for a day.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.nodes(args[0], func(o *nodesOptions) error { return o.tell(cmd.Context()) })
		},
	}
}

func newPatch(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "patch <environment>",
		Short: "Bring nodes to the recommended release, one group after the other, as disruption budgets allow",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.nodes(args[0], func(o *nodesOptions) error { return o.patch(cmd.Context()) })
		},
	}
}

func (h *Host) nodes(environment string, run func(*nodesOptions) error) error {
	e, err := h.environment(environment)
	if err != nil {
		return err
	}
	if err := h.requireEnv(environments.RegionVariable); err != nil {
		return err
	}
	return run(&nodesOptions{Host: h, environment: e, today: time.Now().UTC()})
}

// cluster is the name of the environment's cluster in AWS.
func (o *nodesOptions) cluster() string { return "platform-" + o.environment.Name + "-cluster" }

func (o *nodesOptions) aws(ctx context.Context, args ...string) (string, error) {
	text, err := o.output(o.command(ctx, "aws", args...))
	return strings.TrimSpace(text), err
}

// groups asks for all node groups, and for what AWS recommends for each.
func (o *nodesOptions) groups(ctx context.Context) ([]nodeGroup, error) {
	text, err := o.aws(ctx, "eks", "list-nodegroups", "--cluster-name", o.cluster(), "--query", "nodegroups", "--output", "json")
	if err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal([]byte(text), &names); err != nil {
		return nil, fmt.Errorf("read the node groups of %s: %w", o.cluster(), err)
	}
	groups := make([]nodeGroup, 0, len(names))
	for _, name := range names {
		group, err := o.group(ctx, name)
		if err != nil {
			return nil, err
		}
		groups = append(groups, group)
	}
	return groups, nil
}

func (o *nodesOptions) group(ctx context.Context, name string) (g nodeGroup, err error) {
	text, err := o.aws(ctx, "eks", "describe-nodegroup", "--cluster-name", o.cluster(), "--nodegroup-name", name, "--query", "nodegroup", "--output", "json")
	if err != nil {
		return g, err
	}
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return g, fmt.Errorf("read node group %s: %w", name, err)
	}
	// "Retrieve recommended Amazon Linux AMI IDs" in EKS's user guide names the parameter.
	g.recommended, err = o.aws(ctx, "ssm", "get-parameter", "--query", "Parameter.Value", "--output", "text", "--name",
		"/aws/service/eks/optimized-ami/"+g.Version+"/amazon-linux-2023/arm64/standard/recommended/release_version")
	return g, err
}

// daysOld is the age of the group's release.
func (g nodeGroup) daysOld(today time.Time) (int, error) {
	_, date, _ := strings.Cut(g.ReleaseVersion, "-")
	released, err := time.Parse("20060102", date)
	if err != nil {
		//page:node-patching
		return 0, fmt.Errorf("node group %s: release %q, expected a version and a day such as 1.35.2-20261110", g.Name, g.ReleaseVersion)
	}
	return int(today.Sub(released).Hours() / 24), nil
}

func (o *nodesOptions) tell(ctx context.Context) error {
	groups, err := o.groups(ctx)
	if err != nil {
		return err
	}
	page := fmt.Sprintf("### Nodes of `%s`\n\n| group | release | recommended | days old |\n|---|---|---|--:|\n", o.environment.Name)
	oldest := 0
	for _, g := range groups {
		days, err := g.daysOld(o.today)
		if err != nil {
			return err
		}
		oldest = max(oldest, days)
		page += fmt.Sprintf("| %s | %s | %s | %d |\n", g.Name, g.ReleaseVersion, g.recommended, days)
	}
	o.say("%s", page)
	if err := o.summary(page); err != nil {
		return err
	}
	_, err = o.aws(ctx, "cloudwatch", "put-metric-data", "--namespace", nodesNamespace, "--metric-name", nodesMetric,
		"--dimensions", "ClusterName="+o.cluster(), "--value", strconv.Itoa(oldest))
	return err
}

// patch updates group by group and stops at the first that fails: what keeps its nodes from being drained may hold for the
// others, too. EKS moves pods by evictions, which respect disruption budgets, and gives up when one refuses for 15 minutes:
// nothing is forced.
func (o *nodesOptions) patch(ctx context.Context) error {
	groups, err := o.groups(ctx)
	if err != nil {
		return err
	}
	page := fmt.Sprintf("### Nodes of `%s`\n\n", o.environment.Name)
	for _, g := range groups {
		if g.ReleaseVersion == g.recommended {
			page += fmt.Sprintf("- %s runs %s, the recommended release\n", g.Name, g.ReleaseVersion)
			continue
		}
		if err := o.update(ctx, g); err != nil {
			return errors.Join(err, o.summary(page+fmt.Sprintf("- %s was not brought from %s to %s: %s\n", g.Name, g.ReleaseVersion, g.recommended, nodesRunbook)))
		}
		page += fmt.Sprintf("- %s: %s → %s\n", g.Name, g.ReleaseVersion, g.recommended)
	}
	o.say("%s", page)
	return o.summary(page)
}

func (o *nodesOptions) update(ctx context.Context, g nodeGroup) error {
	o.say("%s: from %s to %s", g.Name, g.ReleaseVersion, g.recommended)
	if _, err := o.aws(ctx, "eks", "update-nodegroup-version", "--cluster-name", o.cluster(), "--nodegroup-name", g.Name,
		"--release-version", g.recommended); err != nil {
		return err
	}
	if _, err := o.aws(ctx, "eks", "wait", "nodegroup-active", "--cluster-name", o.cluster(), "--nodegroup-name", g.Name); err != nil {
		return err
	}
	after, err := o.group(ctx, g.Name)
	if err != nil {
		return err
	}
	if after.ReleaseVersion != g.recommended || after.Status != "ACTIVE" {
		//page:node-patching
		return fmt.Errorf("node group %s is %s and runs %s, expected ACTIVE and %s: a disruption budget may have refused an eviction; see %s",
			g.Name, after.Status, after.ReleaseVersion, g.recommended, nodesRunbook)
	}
	return nil
}
