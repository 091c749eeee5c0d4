package cmdutil

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

const (
	// module is the first line of the product's go.mod: a folder with it is a checkout.
	module = "module github.com/genericcorp/platform\n"
	// VersionFile is in the folder of a release, beside its project's file and settings.
	VersionFile = "VERSION"
	// installed is the folder of a release that `make install` made, from the command's own folder.
	installed = "../share/genericcorp-platform"
)

// ErrNoProject says that there is neither a checkout nor a release.
var ErrNoProject = errors.New("this is not inside the platform's repository or a release of it: change into it, or name it with -C")

// Project is the folder with the project's file and the settings of the stacks: a checkout, or a release. It is the one that
// -C names, else the one around the current folder, else the one that this command was installed with.
func (f *Factory) Project() (string, error) {
	if f.Folder != "" {
		dir, err := filepath.Abs(f.Folder)
		if err == nil && !isProject(dir) {
			err = fmt.Errorf("-C: got %q, expected the folder of the platform's repository or of a release of it", f.Folder)
		}
		return dir, exit.UsageError(err)
	}
	current, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := current; ; dir = filepath.Dir(dir) {
		if isProject(dir) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if program, err := os.Executable(); err == nil {
		if resolved, err := filepath.EvalSymlinks(program); err == nil {
			program = resolved
		}
		for _, dir := range []string{filepath.Dir(program), filepath.Join(filepath.Dir(program), installed)} {
			if isProject(dir) {
				return dir, nil
			}
		}
	}
	return "", exit.UsageError(ErrNoProject)
}

// IsCheckout says whether a project's folder has the sources, from which programs can be compiled.
func IsCheckout(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && bytes.HasPrefix(text, []byte(module))
}

func isProject(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, VersionFile))
	return err == nil && hasProjectFile(dir) || IsCheckout(dir)
}

func hasProjectFile(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "Pulumi.yaml"))
	return err == nil
}
