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
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/localcloud"
	"github.com/genericcorp/platform/cmd/platform/internal/policypack"
	"github.com/genericcorp/platform/cmd/platform/internal/prereq"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

// judged says by what an operation is judged, and which program and settings it is about.
type judged struct {
	settings string
	program  string
	pack     string
	plan     string // the file that a preview writes its plan to, or that a deployment must not depart from
	steps    *steps // collects the steps of a preview; nil: they are not asked for
}

func (j *judged) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&j.settings, "settings", "", "another file of settings than the repository's; it must have the same name")
	flags.StringVar(&j.program, "program", "", "a compiled Pulumi program to run in place of this one's, in a process without credentials")
	flags.StringVar(&j.pack, "policy-pack", "", "the program of the policy pack that judges (default: built from the repository)")
}

// check returns every mistake at once, and makes all paths absolute: the engine works elsewhere.
func (j *judged) check(stack string) error {
	var problems []error
	if expected := settingsName(stack); j.settings != "" && filepath.Base(j.settings) != expected {
		problems = append(problems, fmt.Errorf("--settings: got %q, expected a file named %s", j.settings, expected))
	}
	problems = append(problems, requireFile("--settings", j.settings, 0), requireFile("--program", j.program, 0o111), requireFile("--policy-pack", j.pack, 0o111))
	for _, path := range []*string{&j.settings, &j.program, &j.pack, &j.plan} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		problems = append(problems, err)
		*path = absolute
	}
	if err := errors.Join(problems...); err != nil {
		return usageError{err}
	}
	return nil
}

// prepare checks what was asked for and builds the policy pack, unless one was named: nothing is deployed unjudged.
func (a *app) prepare(ctx context.Context, j *judged, stack string) error {
	if err := j.check(stack); err != nil || j.pack != "" {
		return err
	}
	root, err := repository()
	if err != nil {
		return err
	}
	if err := a.Check(cmp.Or(j.settings, filepath.Join(root, settingsName(stack)))); err != nil {
		return &local.SettingsError{Err: err}
	}
	if stack == local.Stack {
		if err := prereq.Check(prereq.Local, prereq.CanInstall()); err != nil {
			return err
		}
	}
	cache, err := localcloud.CacheDir()
	if err != nil {
		return err
	}
	j.pack, err = policypack.Build(ctx, root, cache, process.Runner{Hard: a.hard})
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

// workdir is the folder in which a stack on AWS is opened: the repository, or, with other settings, a new folder of
// those settings, the repository's project file and its artifacts. The project file is never another's: it can name
// programs to run. A program that runs as another user can read the artifacts there.
func (j *judged) workdir(root, stack string) (dir string, remove func(), err error) {
	if j.settings == "" {
		return root, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "platform-workdir-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	if err := j.fill(dir, root, stack); err != nil {
		remove()
		return "", nil, fmt.Errorf("fill the folder to work in: %w", err)
	}
	return dir, remove, nil
}

func (j *judged) fill(dir, root, stack string) error {
	artifacts, err := filepath.Glob(filepath.Join(root, "bin", "*.zip"))
	if err != nil {
		return err
	}
	sources := map[string]string{filepath.Join(root, "Pulumi.yaml"): "Pulumi.yaml", j.settings: settingsName(stack)}
	for _, artifact := range artifacts {
		sources[artifact] = filepath.Join("bin", filepath.Base(artifact))
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil { //nolint:gosec // see workdir
		return err
	}
	for source, target := range sources {
		content, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, target), content, 0o644); err != nil { //nolint:gosec // secrets in settings are encrypted
			return err
		}
	}
	return os.Chmod(dir, 0o755) //nolint:gosec // see workdir
}
