package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/tests/localcloud/cloud"
	"github.com/genericcorp/platform/tests/localcloud/tools"
)

// newCommand is the command line: results as JSON on standard output, progress and errors on standard error.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "localcloud",
		Short:         "Everything that the platform needs to be deployed on one machine without a cloud account",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(packagesCommand(), toolsCommand(), startCommand(), serveCommand(), stopCommand(), statusCommand())
	return root
}

func toolsCommand() *cobra.Command {
	var temporal, edge bool
	command := &cobra.Command{
		Use:   "tools",
		Short: "Make every tool available in the cache and print their paths",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ensure := cloud.EnsureTools
			switch {
			case temporal:
				ensure = tools.EnsureTemporal
			case edge:
				ensure = tools.EnsureEdge
			}
			set, err := ensure(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), set)
		},
	}
	command.Flags().BoolVar(&temporal, "temporal", false, "the programs of Temporal's images, and nothing else")
	command.Flags().BoolVar(&edge, "edge", false, "the programs of the edge's images, and nothing else")
	command.MarkFlagsMutuallyExclusive("temporal", "edge")
	return command
}

func packagesCommand() *cobra.Command {
	var forTests bool
	command := &cobra.Command{
		Use:   "packages",
		Short: "Install what the operating system must bring, as root",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return tools.EnsureSystem(cmd.Context(), cmd.ErrOrStderr(), forTests)
		},
	}
	command.Flags().BoolVar(&forTests, "tests", false, "what the unit tests need, too")
	return command
}

func startCommand() *cobra.Command {
	var dir string
	var port int
	command := &cobra.Command{
		Use:   "start",
		Short: "Start a local cloud in the background, wait until it serves and print its state",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			state, err := cloud.Start(cmd.Context(), dir, port, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), state)
		},
	}
	addDir(command, &dir)
	addPort(command, &port)
	return command
}

func serveCommand() *cobra.Command {
	var dir string
	var port int
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run a local cloud in the foreground until it is interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cloud.Serve(cmd.Context(), dir, port, cmd.ErrOrStderr())
		},
	}
	addDir(command, &dir)
	addPort(command, &port)
	return command
}

func stopCommand() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "stop",
		Short: "Stop the local cloud of the folder",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cloud.Stop(cmd.Context(), dir)
		},
	}
	addDir(command, &dir)
	return command
}

func statusCommand() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "status",
		Short: "Print the state of the local cloud of the folder; fail when a part of it does not serve",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			state, err := cloud.Status(cmd.Context(), dir)
			if err != nil {
				return err
			}
			if err := printJSON(cmd.OutOrStdout(), state); err != nil {
				return err
			}
			if unhealthy := state.Unhealthy(); len(unhealthy) > 0 {
				return fmt.Errorf("%s does not serve; its log is %s", unhealthy[0].Name, unhealthy[0].Log)
			}
			return nil
		},
	}
	addDir(command, &dir)
	return command
}

func addDir(command *cobra.Command, dir *string) {
	command.Flags().StringVar(dir, "dir", "", "folder of the local cloud")
	cobra.CheckErr(command.MarkFlagRequired("dir"))
}

func addPort(command *cobra.Command, port *int) {
	command.Flags().IntVar(port, "port", 0, "port of the AWS API on 127.0.0.1; 0 is any free one")
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// interruptible is a context that ends with the first interrupt; a second one ends the program at once.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
