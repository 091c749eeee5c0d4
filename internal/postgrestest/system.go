package postgrestest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// findPrograms gives the folder of the newest PostgreSQL's programs.
func findPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	newest, best := 0, ""
	for _, path := range found {
		folder := filepath.Dir(path)
		if major, err := strconv.Atoi(filepath.Base(filepath.Dir(folder))); err == nil && major > newest {
			newest, best = major, folder
		}
	}
	if best != "" {
		return best, nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("initdb is missing: install PostgreSQL, on Debian with: sudo apt-get install -y --no-install-recommends postgresql")
}

// unprivileged gives the user to run the server as, or nil for the one of the test: PostgreSQL refuses to run as root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(found.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return nil, fmt.Errorf("read the ids of user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL must not run as root, and neither of the users postgres and nobody exists: add one of them")
}

func (s *Server) command(program string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.programs, program), args...) //nolint:gosec // PostgreSQL's own programs
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	return command
}

// give makes the server's user the owner of files.
func (s *Server) give(paths ...string) error {
	if s.account == nil {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return err
		}
	}
	return nil
}
