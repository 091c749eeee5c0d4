package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/localcloud"
)

// nodeOptions are what the commands about nodes are asked.
type nodeOptions struct {
	options

	group string // of a new node; empty: the only one
	name  string
}

func newNode(f *cmdutil.Factory, run cmdutil.Run[nodeOptions]) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "node",
		Short: "The nodes of the local cloud's cluster",
		Long: `The nodes of the local cloud's cluster: real ones, each with a kubelet, a container runtime and a network
of its own. Node groups of the emulated EKS bring them: their number is what a group desires. They need Linux and
root; docs/local-nodes.md says what else, and what they do as on EKS.`,
	}
	command := func(use, short, long string, own cmdutil.Run[nodeOptions]) *cobra.Command {
		o := &nodeOptions{options: options{Factory: f}}
		child := &cobra.Command{Use: use, Short: short, Long: long, Args: cmdutil.NoArgs}
		if strings.Contains(use, " ") {
			child.Args = cmdutil.Args(cobra.ExactArgs(1))
			child.ValidArgsFunction = o.completeNodes
		}
		child.RunE = func(cmd *cobra.Command, args []string) error {
			o.name = strings.Join(args, "")
			return run.Or(own)(cmd.Context(), o)
		}
		o.addFlags(child)
		if use == "add" {
			child.Flags().StringVar(&o.group, "group", "", "the node group, as in the settings or with its full name; may be left out where there is one")
		}
		return child
	}
	return cmdutil.Group(cmd,
		command("list", "List the nodes", "List the nodes: which group and zone each is in, and how it is.", listNodes),
		command("add", "Add a node to a node group", "Make a node group desire one node more, and wait until that is ready.", addNode),
		command("drain <node>", "Move the pods of a node to others", `Let no new pod onto the node and evict those that it has, as "kubectl drain" does: a disruption budget
that allows no eviction is waited for. "kubectl uncordon" takes it back.`, drainNode),
		command("kill <node>", "End a node as a power cut does", `End every process of the node at once. Kubernetes notices after some twenty seconds and moves the pods; after
a minute the node's group has another node, as an Auto Scaling group would.`, killNode),
	)
}

// onNodes runs do with the running local cloud, which must be able to have nodes.
func (o *nodeOptions) onNodes(ctx context.Context, do func(state localcloud.State, have localcloud.Nodes) error) error {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return err
	}
	state, err := cloud.Running(ctx)
	if err != nil {
		return err
	}
	have, err := localctl.Nodes(ctx, state)
	if err != nil {
		return err
	}
	return do(state, have)
}

func listNodes(ctx context.Context, o *nodeOptions) error {
	return o.onNodes(ctx, func(_ localcloud.State, have localcloud.Nodes) error {
		return o.Answer(o.json, have, func() string { return nodesText(have) })
	})
}

// nodesText shows nodes to a person.
func nodesText(have localcloud.Nodes) string {
	if len(have.Missing) > 0 {
		return "there are no nodes, because this machine lacks: " + strings.Join(have.Missing, "; ")
	}
	if len(have.Nodes) == 0 {
		return "there are no nodes: a node group brings them"
	}
	table := render.NewTable("NODE", "GROUP", "ZONE", "TYPE", "STATE", "SINCE")
	for _, n := range have.Nodes {
		table.AppendRow(render.Row{n.Name, n.Group, n.Zone, n.InstanceType, n.State, n.StartedAt.Format(time.RFC3339)})
	}
	return table.Render() + "\nnode ports of services are open at " + have.NodePorts
}

// nodeLimit is how long a new node may take on a busy machine.
const nodeLimit = 10 * time.Minute

func addNode(ctx context.Context, o *nodeOptions) error {
	return o.onNodes(ctx, func(state localcloud.State, before localcloud.Nodes) error {
		if err := localctl.AddNode(ctx, state, o.group); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeoutCause(ctx, nodeLimit, fmt.Errorf("the new node is not ready after %s; the logs are in %s", nodeLimit, o.logs(state)))
		defer cancel()
		for {
			have, err := localctl.Nodes(ctx, state)
			if err != nil {
				return err
			}
			if added := readyBeside(have.Nodes, before.Nodes); added != nil {
				return o.Answer(o.json, added, func() string { return fmt.Sprintf("%s is ready in %s", added.Name, added.Zone) })
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(500 * time.Millisecond):
			}
		}
	})
}

func (o *nodeOptions) logs(state localcloud.State) string {
	if len(state.Processes) == 0 {
		return "its folder"
	}
	return filepath.Dir(state.Processes[0].Log)
}

// readyBeside is a ready node that was not there before, or nil.
func readyBeside(now, before []localcloud.Node) *localcloud.Node {
	for _, n := range now {
		if n.State == "ready" && !slices.ContainsFunc(before, func(old localcloud.Node) bool { return old.Instance == n.Instance }) {
			return &n
		}
	}
	return nil
}

func killNode(ctx context.Context, o *nodeOptions) error {
	return o.onNodes(ctx, func(state localcloud.State, have localcloud.Nodes) error {
		if err := o.requireNode(have); err != nil {
			return err
		}
		if err := localctl.KillNode(ctx, state, o.name); err != nil {
			return err
		}
		return o.Answer(o.json, map[string]string{"killed": o.name}, func() string { return o.name + " is gone; its group has another in a minute" })
	})
}

func drainNode(ctx context.Context, o *nodeOptions) error {
	return o.onNodes(ctx, func(state localcloud.State, have localcloud.Nodes) error {
		if err := o.requireNode(have); err != nil {
			return err
		}
		drain := localctl.Kubectl(context.WithoutCancel(ctx), state, "drain", o.name, "--ignore-daemonsets", "--delete-emptydir-data", "--force")
		drain.Stdout, drain.Stderr = o.Err, o.Err
		if err := o.Runner().Run(ctx, drain); err != nil {
			return fmt.Errorf("drain %s: %w", o.name, err)
		}
		return o.Answer(o.json, map[string]string{"drained": o.name}, func() string { return o.name + " has no pods and takes no new ones" })
	})
}

// requireNode refuses a name that no node has.
func (o *nodeOptions) requireNode(have localcloud.Nodes) error {
	if len(have.Missing) > 0 {
		return errors.New(nodesText(have))
	}
	var names []string
	for _, n := range have.Nodes {
		names = append(names, n.Name)
	}
	if !slices.Contains(names, o.name) {
		return exit.Usagef("node: got %q, expected one of %s", o.name, strings.Join(names, " "))
	}
	return nil
}

// completeNodes completes the name of a node. A local cloud that does not answer completes nothing.
func (o *nodeOptions) completeNodes(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
	defer cancel()
	_ = o.onNodes(ctx, func(_ localcloud.State, have localcloud.Nodes) error {
		for _, n := range have.Nodes {
			names = append(names, n.Name)
		}
		return nil
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}
