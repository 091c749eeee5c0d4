package ci

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/internal/gobuild"
)

// The checkouts whose programs are previewed.
const (
	base      = "base"      // the one that the step belongs to
	candidate = "candidate" // that of a pull request
)

func newCompile(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "compile <candidate> <folder>",
		Short: "Compile the Pulumi programs of this checkout and of a candidate",
		Long: `Compile the Pulumi programs of this checkout and of a candidate (the checkout of a pull request), for the jobs that
preview them. Nothing of the candidate is run. Why it does not compile is left in the folder, for the preview to report.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder := h.absolute(args[1])
			if err := h.compile(cmd.Context(), h.Dir, filepath.Join(folder, base)); err != nil {
				return err
			}
			if err := h.compile(cmd.Context(), h.absolute(args[0]), filepath.Join(folder, candidate)); err != nil {
				h.say("the candidate does not compile:\n%s", forLog(err.Error()))
				return os.WriteFile(filepath.Join(folder, candidate+compileLog), []byte(err.Error()), 0o600)
			}
			return nil
		},
	}
}

// compileLog ends the name of the file that says why a program did not compile.
const compileLog = ".log"

// compile compiles the Pulumi program of a checkout. Nothing of the checkout is run for that: no cgo, no other toolchain.
func (h *Host) compile(ctx context.Context, checkout, output string) error {
	cmd := h.with("CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOWORK=off", "GOFLAGS="+strings.Join([]string{"-mod=readonly", gobuild.Flags}, " ")).
		command(ctx, "go", "build", "-buildvcs=false", "-o", output, ".")
	cmd.Dir = checkout
	_, err := h.output(cmd)
	return err
}
