// Package cloud is the local cloud as a whole: its folder, its state, and how it is started, checked and stopped.
package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/nodes"
	"github.com/genericcorp/platform/tests/localcloud/servers"
)

// layout is the folder of one local cloud.
type layout struct{ dir string }

// owned are the entries that a start makes and therefore removes first. What else is in the folder belongs to others.
var owned = []string{localcloud.StateFile, "kube", "postgres", "redis", "etcd", "lambda", "images", "mail", "nodes", "logs"}

// marker means that the owned entries are a local cloud's and may be removed.
const marker = ".localcloud"

// newLayout makes the path absolute and free of links, so that each folder has one name.
func newLayout(dir string) (layout, error) {
	if dir == "" {
		return layout{}, errors.New("no folder given: use --dir")
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return layout{}, err
	}
	resolved, err := filepath.EvalSymlinks(absolute)
	if errors.Is(err, fs.ErrNotExist) {
		return layout{dir: absolute}, nil
	}
	return layout{dir: resolved}, err
}

func (l layout) path(name string) string { return filepath.Join(l.dir, name) }
func (l layout) state() string           { return l.path(localcloud.StateFile) }
func (l layout) logs() string            { return l.path("logs") }
func (l layout) log(name string) string  { return filepath.Join(l.logs(), name+".log") }

// name is short and different for each folder.
func (l layout) name() string {
	sum := sha256.Sum256([]byte(l.dir))
	return hex.EncodeToString(sum[:])[:12]
}

// create makes the folder and its marker, unless others' files are in the way.
func (l layout) create() error {
	if err := os.MkdirAll(l.dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return explain("make the local cloud's folder", l.dir, err)
	}
	if _, err := os.Stat(l.path(marker)); err == nil {
		return nil
	}
	for _, name := range owned {
		if _, err := os.Lstat(l.path(name)); err == nil {
			return fmt.Errorf("%s exists and was not made by a local cloud: choose another folder or remove it", l.path(name))
		}
	}
	if err := os.WriteFile(l.path(marker), []byte("The local cloud owns its entries here and removes them when it starts.\n"), 0o644); err != nil { //nolint:gosec // not secret
		return explain("write into the local cloud's folder", l.dir, err)
	}
	return nil
}

// socket is where the API server asks for nodes. The path of a socket has at most 107 bytes (unix(7)).
func (l layout) socket() string {
	path := filepath.Join(l.path("kube"), "nodes.sock")
	if len(path) > 107 {
		path = filepath.Join(os.TempDir(), "genericcorp-"+l.name()+".sock")
	}
	return path
}

// clear removes what the last run left; the next one starts with an empty cloud.
func (l layout) clear() error {
	if err := nodes.RemoveLeftovers(l.name(), l.path("nodes")); err != nil {
		return err
	}
	for _, name := range owned {
		if name == "logs" {
			continue // the supervisor's own log is open
		}
		if err := os.RemoveAll(l.path(name)); err != nil {
			return explain("remove what the last run left", l.path(name), err)
		}
	}
	old, err := filepath.Glob(filepath.Join(l.logs(), "*.log"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if path == l.log(supervisorLog) {
			continue
		}
		if err := os.Remove(path); err != nil {
			return explain("remove an old log", path, err)
		}
	}
	if err := os.MkdirAll(l.logs(), 0o755); err != nil { //nolint:gosec // the logs themselves are private
		return explain("make the logs' folder", l.logs(), err)
	}
	return nil
}

// lock makes sure that one supervisor uses the folder; the kernel releases it when the supervisor ends in any way.
func (l layout) lock() (release func() error, err error) {
	file, err := os.OpenFile(l.path("serve.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, explain("open the lock", l.path("serve.lock"), err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another local cloud runs in %s: stop it first", l.dir), file.Close())
	}
	if err := file.Truncate(0); err != nil {
		return nil, errors.Join(explain("write the lock", l.path("serve.lock"), err), file.Close())
	}
	if _, err := fmt.Fprintf(file, "%d\n", os.Getpid()); err != nil {
		return nil, errors.Join(explain("write the lock", l.path("serve.lock"), err), file.Close())
	}
	return file.Close, nil
}

// explain puts in one line what failed, where, and what to do about it.
func explain(action, path string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, syscall.ENOSPC):
		advice = ": the disk is full, free some space"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		advice = ": this user may not write there, choose another folder with --dir"
	case errors.Is(err, syscall.ENOTDIR):
		advice = ": a part of the path is a file, choose another folder with --dir"
	}
	return fmt.Errorf("%s %s%s: %w", action, path, advice, err)
}

// postgres is the folder of the database server's files.
func (l layout) postgres(report func(string)) (string, error) {
	return servers.PostgresFolder(l.path("postgres"), "postgres-"+l.name(), report)
}

// removeData removes the state and the database's files of a cloud that has ended: the files are not always in the folder,
// and there are keys and a password among them. Every start begins with an empty cloud.
func (l layout) removeData() error {
	switch _, err := os.Stat(l.path(marker)); {
	case errors.Is(err, fs.ErrNotExist):
		return nil // no local cloud was ever here
	case err != nil:
		return explain("look into", l.dir, err)
	}
	return l.removeOwn()
}

// removeOwn is removeData for a cloud that is known to have run.
func (l layout) removeOwn() error {
	if folder, err := l.postgres(func(string) {}); err == nil { // else it is somebody else's
		if err := os.RemoveAll(folder); err != nil {
			return explain("remove the database's files", folder, err)
		}
	}
	if err := nodes.RemoveLeftovers(l.name(), l.path("nodes")); err != nil {
		return err
	}
	return os.RemoveAll(l.state())
}
