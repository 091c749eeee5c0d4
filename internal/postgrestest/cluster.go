package postgrestest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/genericcorp/platform/internal/npmpins"
)

// initialise gives the server a database cluster of its own: a copy of one that initdb, which takes seconds, made once for
// this version.
func (s *Server) initialise() error {
	made, err := s.cluster()
	if err != nil {
		return err
	}
	password, err := os.ReadFile(filepath.Join(made, "password"))
	if err != nil {
		return err
	}
	s.SuperuserPassword = string(password)
	if err := copyTree(filepath.Join(made, "data"), s.file("data")); err != nil {
		return err
	}
	if err := writeCertificates(s); err != nil {
		return err
	}
	rules := "hostssl all all 127.0.0.1/32 scram-sha-256\n"
	if err := os.WriteFile(s.file("data/pg_hba.conf"), []byte(rules), 0o600); err != nil {
		return err
	}
	return s.give(s.folder, s.file("server.key"), s.file("server.pem"), s.CAFile, s.file("data/pg_hba.conf"))
}

// cluster is a folder of the cache with what initdb made, "data", and the superuser's "password". It belongs to whom the
// server runs as.
func (s *Server) cluster() (string, error) {
	version, err := fullVersion(s.programs)
	if err != nil {
		return "", err
	}
	arguments := []string{"--username=" + s.Superuser, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}
	cache, err := npmpins.CacheFolder()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %q %v", version, arguments, s.account))
	folder := filepath.Join(cache, "postgres-cluster-"+hex.EncodeToString(sum[:])[:16])
	return folder, npmpins.Once(folder, func() error { return s.initdb(folder, arguments) })
}

// initdb makes the folder, whole or not at all. The server's user need not reach it.
func (s *Server) initdb(folder string, arguments []string) error {
	work, err := os.MkdirTemp("", "postgrestest")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	password := filepath.Join(work, "password")
	if err := os.WriteFile(password, []byte(rand.Text()), 0o600); err != nil {
		return err
	}
	if err := s.give(work, password); err != nil {
		return err
	}
	arguments = append(arguments, "--pgdata="+filepath.Join(work, "data"), "--pwfile="+password)
	if out, err := s.command("initdb", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	whole := folder + ".new"
	if err := os.RemoveAll(whole); err != nil { // of one that was interrupted
		return err
	}
	if err := copyTree(work, whole); err != nil {
		return err
	}
	return os.Rename(whole, folder)
}

// copyTree copies a folder with owners and modes, which PostgreSQL looks at.
func copyTree(from, to string) error {
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy %s: %w\n%s", from, err, strings.TrimSpace(string(out)))
	}
	return nil
}
