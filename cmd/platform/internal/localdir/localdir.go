// Package localdir is the folder of one local cloud: where its parts lie, who may use it now, and which
// emulated cloud its stack was deployed to.
//
//page:none a local cloud holds nothing that matters, and the message says what to do
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

// Folder is the folder of one local cloud. The local cloud itself keeps its state and logs there too.
type Folder struct{ Dir string }

// DefaultParent is the folder in the repository that holds the local clouds by name.
const DefaultParent = ".local"

// marker is the file by which a folder is recognised as ours before anything in it is removed.
const marker = ".platform-local"

// ErrBusy is returned by Lock when another command is at work in the folder.
var ErrBusy = errors.New("another platform command is at work here")

// Open makes the folder, readable by its owner alone, unless it is there. It refuses a folder with other
// content, because Remove deletes all of it.
func Open(dir string) (Folder, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("find %s: %w", dir, err)
	}
	f := Folder{Dir: absolute}
	if err := os.MkdirAll(absolute, 0o700); err != nil {
		return f, fmt.Errorf("make the local cloud's folder: %w", err)
	}
	if f.Exists() {
		return f, nil
	}
	entries, err := os.ReadDir(absolute)
	if err != nil {
		return f, fmt.Errorf("look into %s: %w", absolute, err)
	}
	if len(entries) > 0 {
		return f, fmt.Errorf("%s is not empty and is not a local cloud's folder: name another with --dir", absolute)
	}
	return f, os.WriteFile(filepath.Join(absolute, marker), nil, 0o600)
}

// Exists says whether the folder is a local cloud's.
func (f Folder) Exists() bool {
	for _, name := range []string{marker, localcloud.StateFile} {
		if _, err := os.Stat(filepath.Join(f.Dir, name)); err == nil {
			return true
		}
	}
	return false
}

// Backend is the folder of the engine's file backend.
func (f Folder) Backend() string { return filepath.Join(f.Dir, "backend") }

// Workspace is the private folder with copies of the project's settings.
func (f Folder) Workspace() string { return filepath.Join(f.Dir, "workspace") }

// Log is the log file of the named process of the local cloud, or of the engine.
func (f Folder) Log(process string) string { return filepath.Join(f.Dir, "logs", process+".log") }

// Passphrase returns the file with the passphrase that encrypts secrets in the stack's state. It is made
// at random once; nobody needs to know it.
func (f Folder) Passphrase() (string, error) {
	file := filepath.Join(f.Dir, "passphrase")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails, as its documentation says
	return file, os.WriteFile(file, []byte(hex.EncodeToString(random)), 0o600)
}

// Lock takes the folder for one command; release gives it back. The kernel gives it back too when the
// process dies, so that a killed command never leaves a lock.
func (f Folder) Lock() (release func(), err error) { return f.lock("lock", syscall.LOCK_EX) }

// LockStack takes one stack for one command, beside commands on other stacks; nobody then has the whole folder.
func (f Folder) LockStack(name string) (release func(), err error) {
	beside, err := f.lock("lock", syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	alone, err := f.lock("lock-"+name, syscall.LOCK_EX)
	if err != nil {
		beside()
		return nil, err
	}
	return func() { alone(); beside() }, nil
}

func (f Folder) lock(name string, how int) (release func(), err error) {
	file, err := os.OpenFile(filepath.Join(f.Dir, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w (%s): wait for it to end, or give this one another --name", ErrBusy, f.Dir)
		}
		return nil, fmt.Errorf("lock %s: %w", f.Dir, err)
	}
	return func() { _ = file.Close() }, nil
}

// Remove deletes the folder with everything in it, and the shared default parent when that is left empty.
func (f Folder) Remove() error {
	if !f.Exists() {
		return fmt.Errorf("%s is not a local cloud's folder: not removed", f.Dir)
	}
	if err := os.RemoveAll(f.Dir); err != nil {
		return fmt.Errorf("remove the local cloud's folder: %w", err)
	}
	if parent := filepath.Dir(f.Dir); filepath.Base(parent) == DefaultParent {
		_ = os.Remove(parent) // refused by the system while another local cloud is in it
	}
	return nil
}
