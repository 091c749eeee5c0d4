// Package root is the whole command: every noun's commands, the flags that all have, and how it ends.
package root

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/billing"
	"github.com/genericcorp/platform/cmd/platform/bootstrap"
	"github.com/genericcorp/platform/cmd/platform/breaker"
	"github.com/genericcorp/platform/cmd/platform/ci"
	"github.com/genericcorp/platform/cmd/platform/cost"
	"github.com/genericcorp/platform/cmd/platform/deploy"
	"github.com/genericcorp/platform/cmd/platform/drill"
	"github.com/genericcorp/platform/cmd/platform/iam"
	"github.com/genericcorp/platform/cmd/platform/image"
	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/explain"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/product"
	"github.com/genericcorp/platform/cmd/platform/local"
	"github.com/genericcorp/platform/cmd/platform/migrate"
	"github.com/genericcorp/platform/cmd/platform/readiness"
	"github.com/genericcorp/platform/cmd/platform/report"
	"github.com/genericcorp/platform/cmd/platform/sandboxed"
	"github.com/genericcorp/platform/cmd/platform/slo"
	"github.com/genericcorp/platform/cmd/platform/tenant"
	"github.com/genericcorp/platform/cmd/platform/tunnel"
	"github.com/genericcorp/platform/cmd/platform/version"
	"github.com/genericcorp/platform/internal/printable"
	_ "github.com/genericcorp/platform/internal/quietterminal" // for the init of it
)

// Main runs the command and returns its exit code.
func Main(p product.Product, args []string) int {
	var idle atomic.Bool
	soft, hard, stop := process.WatchInterrupts(context.Background(), func(number int) {
		switch {
		case idle.Load():
		case number == 1:
			fmt.Fprintln(os.Stderr, "\ninterrupted: waiting for what is in flight, so that nothing is lost; Ctrl-C again stops at once")
		default:
			fmt.Fprintln(os.Stderr, "\nstopping at once; the next run repairs the state")
		}
	})
	defer stop()
	f := &cmdutil.Factory{Product: p, In: os.Stdin, Out: &printable.Writer{To: os.Stdout}, Err: &printable.Writer{To: os.Stderr}, Hard: hard, Idle: func() { idle.Store(true) }}
	root := New(f)
	root.SetArgs(args)
	err := root.ExecuteContext(soft)
	complain(f, err)
	return int(exit.Of(err))
}

// complain prints an error and what helps against it.
func complain(f *cmdutil.Factory, err error) {
	if err == nil {
		return
	}
	_, _ = fmt.Fprintf(f.Err, "platform: %v\n", err)
	if help := explain.Help(err); help != "" {
		_, _ = fmt.Fprintf(f.Err, "\n%s\n", help)
	}
	if exit.Of(err) == exit.Usage && !errors.Is(err, cmdutil.ErrNoProject) {
		_, _ = fmt.Fprintln(f.Err, "Run `platform --help` or `platform <command> --help` for usage.")
	}
}

// New is the whole command.
func New(f *cmdutil.Factory) *cobra.Command {
	root := &cobra.Command{
		Use:   "platform",
		Short: "Operate the Generic Corp platform",
		Long: `Operate the Generic Corp platform: a whole environment on this machine without any cloud
account, and a look at what the environments on AWS are and would become.

Start with:  platform local up

` + exit.Table(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(f.In)
	root.SetOut(f.Out)
	root.SetErr(f.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.UsageError(err) })
	root.PersistentFlags().StringVarP(&f.Folder, "project", "C", "", "the platform's repository, or a release of it (default: the one around the current folder)")
	cmdutil.Group(root, slices.Concat(deploy.Commands(f), []*cobra.Command{
		local.NewCommand(f), tenant.NewCommand(f), cost.NewCommand(f), report.NewCommand(f), readiness.NewCommand(f), breaker.NewCommand(f), slo.NewCommand(f), billing.NewCommand(f), migrate.NewCommand(f), iam.NewCommand(f), image.NewCommand(f), drill.NewCommand(f), bootstrap.NewCommand(f), ci.NewCommand(ci.NewHost()),
		tunnel.NewCommand(f), version.NewCommand(f),
		sandboxed.NewCommand(),
	})...)
	root.InitDefaultCompletionCmd()
	return root
}
