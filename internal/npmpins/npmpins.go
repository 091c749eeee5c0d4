// Package npmpins installs, for tests, npm packages that a folder of tests/tools pins with their checksums: once, into the
// cache that the local cloud's tools are in, in a folder named after the pins' content.
package npmpins

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/genericcorp/platform/internal/toolcache"
)

// Install gives the folder with what tests/tools/<name> pins. From the folder in which npm has installed, finish makes what
// is kept, and gives its path.
func Install(name string, finish func(work string) (keep string, err error)) (string, error) {
	folder, err := install(name, finish)
	if err != nil {
		return "", fmt.Errorf("install what tests/tools/%s pins: %w", name, err)
	}
	return folder, nil
}

func install(name string, finish func(work string) (keep string, err error)) (string, error) {
	pins, lock, err := find(name)
	if err != nil {
		return "", err
	}
	cache, err := CacheFolder()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	folder := filepath.Join(cache, name+"-"+hex.EncodeToString(sum[:])[:16])
	return folder, Once(folder, func() error { return fill(pins, folder, finish) })
}

// find looks from the working directory upwards, since a test runs in its package's folder, and a program does not know where it was
// compiled.
func find(name string) (pins string, lock []byte, err error) {
	working, err := os.Getwd()
	if err != nil {
		return "", nil, err
	}
	for dir := working; ; dir = filepath.Dir(dir) {
		pins = filepath.Join(dir, "tests", "tools", name)
		lock, err = os.ReadFile(filepath.Join(pins, "package-lock.json"))
		if !errors.Is(err, fs.ErrNotExist) {
			return pins, lock, err
		}
		if dir == filepath.Dir(dir) {
			return "", nil, fmt.Errorf("no folder from %s upwards has it", working)
		}
	}
}

// fill makes the folder, whole or not at all.
func fill(pins, folder string, finish func(work string) (keep string, err error)) error {
	work, err := os.MkdirTemp(filepath.Dir(folder), ".npm-")
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
	keep, err := finish(work)
	if err != nil {
		return err
	}
	if err := os.Chmod(keep, 0o755); err != nil { //nolint:gosec // programs for any local user
		return err
	}
	return os.Rename(keep, folder)
}

// CacheFolder is where tools are kept, for whoever runs a server, which is not root: root's own cache is closed to
// others.
func CacheFolder() (string, error) {
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

// Once makes a folder of the cache unless it exists; of two tests that need it one makes it and the other waits. fill must make
// it whole or not at all.
func Once(folder string, fill func() error) error {
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
