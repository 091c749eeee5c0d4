// Package localdir is the folder of one local cloud: where its parts lie, who may use it now, and which
// emulated cloud its stack was deployed to.
package localdir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/genericcorp/platform/internal/localcloud"
)

// Home is the folder of one local cloud. The local cloud itself keeps its state and logs there too.
type Home struct{ Dir string }

// DefaultParent is the folder in the repository that holds the local clouds by name.
const DefaultParent = ".local"

// marker is the file by which a folder is recognised as ours before anything in it is removed.
const marker = ".platform-local"

// ErrBusy is returned by Lock when another command is at work in the folder.
var ErrBusy = errors.New("another platform command is at work here")

// Open makes the folder, readable by its owner alone, unless it is there. It refuses a folder with other
// content, because Remove deletes all of it.
func Open(dir string) (Home, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return Home{}, fmt.Errorf("find %s: %w", dir, err)
	}
	h := Home{Dir: absolute}
	if err := os.MkdirAll(absolute, 0o700); err != nil {
		return h, fmt.Errorf("make the local cloud's folder: %w", err)
	}
	if h.Exists() {
		return h, nil
	}
	entries, err := os.ReadDir(absolute)
	if err != nil {
		return h, fmt.Errorf("look into %s: %w", absolute, err)
	}
	if len(entries) > 0 {
		return h, fmt.Errorf("%s is not empty and is not a local cloud's folder: name another with --dir", absolute)
	}
	return h, os.WriteFile(filepath.Join(absolute, marker), nil, 0o600)
}

// Exists says whether the folder is a local cloud's.
func (h Home) Exists() bool {
	for _, name := range []string{marker, localcloud.StateFile} {
		if _, err := os.Stat(filepath.Join(h.Dir, name)); err == nil {
			return true
		}
	}
	return false
}

// Backend is the folder of the engine's file backend.
func (h Home) Backend() string { return filepath.Join(h.Dir, "backend") }

// Workspace is the private folder with copies of the project's settings.
func (h Home) Workspace() string { return filepath.Join(h.Dir, "workspace") }

// Log is the log file of the named process of the local cloud, or of the engine.
func (h Home) Log(process string) string { return filepath.Join(h.Dir, "logs", process+".log") }

// Passphrase returns the file with the passphrase that encrypts secrets in the stack's state. It is made
// at random once; nobody needs to know it.
func (h Home) Passphrase() (string, error) {
	file := filepath.Join(h.Dir, "passphrase")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails, as its documentation says
	return file, os.WriteFile(file, []byte(hex.EncodeToString(random)), 0o600)
}

// Lock takes the folder for one command; release gives it back. The kernel gives it back too when the
// process dies, so that a killed command never leaves a lock.
func (h Home) Lock() (release func(), err error) { return h.lock("lock", syscall.LOCK_EX) }

// LockStack takes one stack for one command, beside commands on other stacks; nobody then has the whole folder.
func (h Home) LockStack(name string) (release func(), err error) {
	beside, err := h.lock("lock", syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	alone, err := h.lock("lock-"+name, syscall.LOCK_EX)
	if err != nil {
		beside()
		return nil, err
	}
	return func() { alone(); beside() }, nil
}

func (h Home) lock(name string, how int) (release func(), err error) {
	file, err := os.OpenFile(filepath.Join(h.Dir, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w (%s): wait for it to end, or give this one another --name", ErrBusy, h.Dir)
		}
		return nil, fmt.Errorf("lock %s: %w", h.Dir, err)
	}
	return func() { _ = file.Close() }, nil
}

// Remove deletes the folder with everything in it, and the shared default parent when that is left empty.
func (h Home) Remove() error {
	if !h.Exists() {
		return fmt.Errorf("%s is not a local cloud's folder: not removed", h.Dir)
	}
	if err := os.RemoveAll(h.Dir); err != nil {
		return fmt.Errorf("remove the local cloud's folder: %w", err)
	}
	if parent := filepath.Dir(h.Dir); filepath.Base(parent) == DefaultParent {
		_ = os.Remove(parent) // refused by the system while another local cloud is in it
	}
	return nil
}
