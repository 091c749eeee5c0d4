package servers

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating system's user that a server runs as. PostgreSQL refuses to run as root.
type account struct {
	uid, gid int
	root     bool // whether the supervisor is root, and the account another
}

// unprivileged is the supervisor's own user, or a system user when that is root.
func unprivileged() (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return account{uid: uid, gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(found.Uid)
		gid, errGID := strconv.Atoi(found.Gid)
		if err := errors.Join(errUID, errGID); err != nil {
			return account{}, fmt.Errorf("read the ids of user %s: %w", name, err)
		}
		return account{uid: uid, gid: gid, root: true}, nil
	}
	return account{}, errors.New("PostgreSQL must not run as root, and neither of the users postgres and nobody exists: add one of them")
}

// credential is nil when the process runs as the supervisor does.
func (a account) credential() *syscall.Credential {
	if !a.root {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)} //nolint:gosec // ids are small
}

// own gives files to the account.
func (a account) own(paths ...string) error {
	if !a.root {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, a.uid, a.gid); err != nil {
			return err
		}
	}
	return nil
}

// reaches reports whether the account may pass through every folder above path.
func (a account) reaches(path string) (bool, error) {
	if !a.root {
		return true, nil
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return false, err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return false, nil
		}
		if dir == filepath.Dir(dir) {
			return true, nil
		}
	}
}
