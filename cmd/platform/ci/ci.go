// Package ci holds the steps of the workflows from a pull request to production: what .github runs as `platform ci ...`. The
// steps work through the operator's own command, the engine's, gh and aws, each a process of its own. So this package needs
// none of their libraries, and cmd/ci, which is nothing else, is compiled in seconds.
//
//page:none whoever wrote the change or the workflow reads it, and it says what is missing
package ci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/printable"
)

// Host is the machine that a job's step runs on, as a test may replace it.
type Host struct {
	Dir          string                // the checkout whose step it is
	Platform     string                // the operator's command
	Environments environments.Registry // those that the workflows know
	Environ      []string              // the variables, as KEY=value
	Run          func(*exec.Cmd) error // runs a program to its end
	Out          io.Writer             // results, and what GitHub reads
	Err          io.Writer             // what a person reads in the job's log
}

// NewHost is this machine: the current folder's checkout, and this very command.
func NewHost() *Host {
	dir, errDir := os.Getwd()
	self, errSelf := os.Executable()
	if err := errors.Join(errDir, errSelf); err != nil {
		dir, self = ".", "platform" // the first use names what is missing
	}
	return &Host{
		Dir: dir, Platform: self, Environments: environments.All(), Environ: os.Environ(), Run: (*exec.Cmd).Run, Out: os.Stdout, Err: os.Stderr,
	}
}

// NewCommand groups the steps.
func NewCommand(h *Host) *cobra.Command {
	parent := &cobra.Command{
		Use:   "ci",
		Short: "The steps of the workflows from a pull request to production",
		Long: `The steps of the workflows from a pull request to production, which run on your machine, too: in the platform's
repository, with bin/platform and bin/platform-policies as .ci/programs compiles them. docs/delivery.md tells what there is.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	parent.AddCommand(
		newVerifyTarget(h), newRunners(h), newCompile(h), newEngine(h), newPlugins(h), newPreview(h), newComment(h), newPlan(h), newDeploy(h), newStatus(h),
		newTenant(h), newDrift(h), newIssue(h), newDrill(h), newReadiness(h), newNodes(h), newPatch(h), newWorkflows(h),
	)
	for _, child := range parent.Commands() {
		run, rule := child.RunE, child.Args
		child.Args = func(cmd *cobra.Command, args []string) error { return h.annotate(exit.UsageError(rule(cmd, args))) }
		child.RunE = func(cmd *cobra.Command, args []string) error { return h.annotate(run(cmd, args)) }
	}
	return parent
}

// getenv is the value of a variable; of one that stands twice the last counts.
func (h *Host) getenv(name string) string {
	value := ""
	for _, line := range h.Environ {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			value = v
		}
	}
	return value
}

// with is the machine with more variables.
func (h *Host) with(variables ...string) *Host {
	other := *h
	other.Environ = slices.Concat(h.Environ, variables)
	return &other
}

// path is a file of the checkout.
func (h *Host) path(elements ...string) string {
	return filepath.Join(append([]string{h.Dir}, elements...)...)
}

// absolute is a path as whoever called the command means it.
func (h *Host) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return h.path(path)
}

// say tells the person who reads the job's log what happens.
func (h *Host) say(format string, args ...any) { _, _ = fmt.Fprintf(h.Err, format+"\n", args...) }

// command is a program with this machine's variables, found on their PATH. When the context ends it is interrupted.
func (h *Host) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, h.find(name), args...) //nolint:gosec // the programs that the steps are made of
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Dir, cmd.Env = h.Dir, h.Environ
	return cmd
}

// find is a program's path. What is on no PATH is left for the start to complain of.
func (h *Host) find(name string) string {
	if strings.ContainsRune(name, filepath.Separator) {
		return name
	}
	for _, dir := range filepath.SplitList(h.getenv("PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return name
}

// output runs a program and returns what it printed. The error has the end of what it complained of.
func (h *Host) output(cmd *exec.Cmd) (string, error) {
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := h.Run(cmd); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, printable.Text(lastLines(said.String(), 5)))
	}
	return out.String(), nil
}

// environment finds an environment, or names the choices.
func (h *Host) environment(name string) (environments.Environment, error) {
	e, known := h.Environments.Find(name)
	if !known {
		return e, exit.Usagef("environment: got %q, expected %s", name, strings.Join(h.Environments.Names(), ", "))
	}
	return e, nil
}

// requireProgram refuses to go on without a program that .ci/programs compiles.
func (h *Host) requireProgram(path string) error {
	if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 {
		return exit.Usagef("%s: there is no such program; run .ci/programs first", path)
	}
	return nil
}

// policyPack is what checks every step.
func (h *Host) policyPack() string { return h.path("bin", "platform-policies") }

// exitCode is that of a program that has ended: 0, its own, or 1 when it could not be run.
func exitCode(err error) exit.Code {
	var ended interface{ ExitCode() int }
	switch {
	case err == nil:
		return exit.OK
	case errors.As(err, &ended) && ended.ExitCode() > 0:
		return exit.Code(ended.ExitCode())
	default:
		return exit.Failed
	}
}
