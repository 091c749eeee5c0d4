package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/policypack"
	"github.com/genericcorp/platform/cmd/platform/internal/prereq"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/internal/toolcache"
)

// judged says by what an operation is judged, and which program and settings it is about.
type judged struct {
	settings string
	program  string
	confine  string // runs the program
	closed   bool   // the settings' secrets cannot be opened here
	pack     string
	plan     string // the file that a preview writes its plan to, or that a deployment must not depart from
	steps    *steps // collects the steps of a preview; nil: they are not asked for
}

func (j *judged) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&j.settings, "settings", "", "another file of settings than the repository's; it must have the same name")
	flags.StringVar(&j.program, "program", "", "a compiled Pulumi program to run in place of this one's, in a process without credentials")
	flags.StringVar(&j.confine, "confine", "", "with --program: a command that runs its arguments as a user who owns nothing, in a network of its own")
	flags.StringVar(&j.pack, "policy-pack", "", "the program of the policy pack that judges (default: built from the repository)")
}

// check returns every mistake at once, and makes all paths absolute: the engine works elsewhere.
func (j *judged) check(stack string) error {
	var problems []error
	if expected := settingsName(stack); j.settings != "" && filepath.Base(j.settings) != expected {
		problems = append(problems, fmt.Errorf("--settings: got %q, expected a file named %s", j.settings, expected))
	}
	problems = append(problems, requireFile("--settings", j.settings, 0), requireFile("--program", j.program, 0o111),
		requireFile("--confine", j.confine, 0o111), requireFile("--policy-pack", j.pack, 0o111))
	if j.confine != "" && j.program == "" {
		problems = append(problems, errors.New("--confine: it is for the program of --program"))
	}
	for _, path := range []*string{&j.settings, &j.program, &j.confine, &j.pack, &j.plan} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		problems = append(problems, err)
		*path = absolute
	}
	if err := errors.Join(problems...); err != nil {
		return exit.UsageError(err)
	}
	return nil
}

// prepare checks what was asked for and builds the policy pack, unless one was named: nothing is deployed unjudged.
func (a *app) prepare(ctx context.Context, j *judged, stack string) error {
	if err := j.check(stack); err != nil || j.pack != "" {
		return err
	}
	root, err := a.Project()
	if err != nil {
		return err
	}
	if err := a.Check(cmp.Or(j.settings, filepath.Join(root, settingsName(stack)))); err != nil {
		return exit.UsageError(err)
	}
	if stack == local.Stack {
		if err := prereq.Check(prereq.Local, prereq.CanInstall()); err != nil {
			return err
		}
	}
	cache, err := toolcache.Dir()
	if err != nil {
		return err
	}
	j.pack, err = policypack.Build(ctx, root, cache, process.Runner{Hard: a.Hard})
	return err
}

// requireFile wants a plain file, not a link: a settings file of a pull request must not point elsewhere.
func requireFile(flag, path string, mode os.FileMode) error {
	if path == "" {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	if !info.Mode().IsRegular() || info.Mode()&mode != mode {
		return fmt.Errorf("%s: got %q, expected a plain file%s", flag, path, map[bool]string{true: " that may be run"}[mode != 0])
	}
	return nil
}

func (j *judged) operation() engine.Operation {
	operation := engine.Operation{PolicyPack: j.pack}
	if j.steps != nil {
		operation.Watch = j.steps.observe
	}
	return operation
}

func settingsName(stack string) string { return "Pulumi." + stack + ".yaml" }
