package testcloud

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/gobuild"
)

// Repository is the root of the product's repository.
func Repository(t testing.TB) string {
	t.Helper()
	dir, err := repository()
	require.NoError(t, err)
	return dir
}

func repository() (string, error) {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "Pulumi.yaml")); missing == nil {
			return dir, nil
		}
		dir = filepath.Dir(dir)
	}
	return "", errors.Join(err, errors.New("the test does not run inside the repository"))
}

// Platform builds the operator's command to bin/platform, as `make` does, and returns its path.
func Platform(t testing.TB) string {
	t.Helper()
	return build(t, Repository(t), "./cmd/platform", "platform")
}

// LocalCloud builds the local cloud's own program to bin/localcloud and returns its path.
func LocalCloud(t testing.TB) string {
	t.Helper()
	return build(t, filepath.Join(Repository(t), "tests"), "./localcloud", "localcloud")
}

var built sync.Map // the names of the programs that this process has built

// build compiles a program once a process. The go command does nothing where the program is up to date; packages that are
// tested at the same time take turns.
func build(t testing.TB, module, pkg, name string) string {
	t.Helper()
	out := filepath.Join(Repository(t), "bin", name)
	once, _ := built.LoadOrStore(name, &sync.Once{})
	once.(*sync.Once).Do(func() { //nolint:errcheck // nothing else is stored
		require.NoError(t, os.MkdirAll(filepath.Dir(out), 0o750))
		defer lockFile(t, out+".lock", exclusive)()
		cmd := exec.Command("go", "build", "-o", out, pkg)
		cmd.Dir, cmd.Env = module, gobuild.Env()
		text, err := cmd.CombinedOutput()
		require.NoError(t, err, string(text))
	})
	require.FileExists(t, out)
	return out
}
