// Package tunnel lets a person reach the private API of an environment's cluster.
package tunnel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/prereq"
)

// options are what `platform tunnel` is asked.
type options struct {
	*cmdutil.Factory

	target  environment.Target
	port    int
	command []string // what to run in the tunnel; none: it stays open until Ctrl-C
}

// programs are what a tunnel needs.
var programs = []prereq.Tool{
	{Name: "aws", For: "finds a node and opens the session", Get: "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html, 2.7 or later"},
	{Name: "session-manager-plugin", For: "carries the session", Get: "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"},
}

// NewCommand opens a way to the cluster's API.
func NewCommand(f *cmdutil.Factory) *cobra.Command { return newTunnel(f, nil) }

func newTunnel(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "tunnel [flags] [-- command...]",
		Short: "Reach the private API of an environment's cluster, through one of its nodes",
		Long: `Reach the private API of an environment's cluster, through one of its nodes.

A session of AWS Systems Manager forwards a port of this machine to the API. Nothing is opened to the internet, and CloudTrail
records who opened the session. It needs a role that may open sessions, and what you may do in the cluster is what that role's
access entry says.

Without a command the tunnel stays open until Ctrl-C, and a kubeconfig for it is written for as long. With one, the command runs
with KUBECONFIG set, and the tunnel ends with it. The end of the command is that of the tunnel.`,
		Example: `  platform tunnel --env prod -- kubectl get nodes
  platform tunnel --env prod                        # in one terminal, and kubectl in another`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); dash != 0 && len(args) > 0 {
				//page:none what was typed is wrong, and the message says what is right
				return exit.Usagef("got %q, expected the command to run after --", args[0])
			}
			o.command = args
			if err := errors.Join(o.target.Check(), o.check()); err != nil {
				return err
			}
			return run.Or(open)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	cmd.Flags().IntVar(&o.port, "port", 0, "port on 127.0.0.1 that leads to the API (default any that is free)")
	return cmd
}

func (o *options) check() error {
	if o.target.Local() {
		//page:none it says which command to use
		return exit.Usagef("--env: got %q, whose API needs no tunnel, expected an environment on AWS; for the local cloud: eval \"$(platform local env)\"", o.target.Name)
	}
	if o.port < 0 || o.port > 65535 {
		//page:none what was typed is wrong
		return exit.Usagef("--port: got %d, expected 1 to 65535, or 0 for any that is free", o.port)
	}
	return nil
}

func open(ctx context.Context, o *options) error {
	if err := prereq.Check(programs, false); err != nil {
		return err
	}
	stack, closeStack, err := o.target.Deployed(ctx, o.Factory)
	if err != nil {
		return err
	}
	outputs, err := stack.Outputs(ctx)
	closeStack()
	if err != nil {
		return err
	}
	name, _ := outputs["clusterName"].(string)
	region, _ := outputs["region"].(string)
	if name == "" || region == "" {
		//page:failed-or-stuck-deploy
		return fmt.Errorf("environment %s has no cluster: its first deployment did not end", o.target.Name)
	}
	t := &tunnel{cluster: name, region: region, port: o.port, aws: awsCLI, forward: o.forward, patience: time.Minute}
	return t.use(ctx, func(ctx context.Context, kubeconfig string) error { return o.inside(ctx, t, kubeconfig) })
}

// inside is what happens while the tunnel is open.
func (o *options) inside(ctx context.Context, t *tunnel, kubeconfig string) error {
	if len(o.command) == 0 {
		_, _ = fmt.Fprintf(o.Err, "the API of %s is reached through the node %s; Ctrl-C closes the tunnel\n", o.target.Name, t.node)
		o.Print("export KUBECONFIG=" + kubeconfig)
		o.Idle()
		<-ctx.Done()
		return nil // that is how it is meant to end
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), o.command[0], o.command[1:]...) //nolint:gosec // what the person typed
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	command.Stdin, command.Stdout, command.Stderr = o.In, o.Out, o.Err
	return o.Runner().Run(ctx, command)
}

// forward runs the session until ctx ends.
func (o *options) forward(ctx context.Context, arguments ...string) error {
	command := exec.CommandContext(context.WithoutCancel(ctx), "aws", arguments...)
	command.Stderr = o.Err
	return o.Runner().Run(ctx, command)
}

// awsCLI gives what a command of the AWS CLI prints.
func awsCLI(ctx context.Context, arguments ...string) ([]byte, error) {
	out, err := exec.CommandContext(ctx, "aws", append(arguments, "--output", "json")...).Output() //nolint:gosec // the arguments are AWS's names
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		//page:none it says what AWS refused
		return nil, fmt.Errorf("aws %s %s: %w: %s", arguments[0], arguments[1], err, failed.Stderr)
	}
	return out, err
}
