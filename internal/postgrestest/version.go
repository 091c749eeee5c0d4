package postgrestest

import (
	"os/exec"
	"strings"
	"testing"
)

// Version is a PostgreSQL server that tests can run on.
type Version struct {
	Name     string // "17.10"
	programs string // the folder of initdb and postgres
}

// Versions are the newest server of this machine, and the pinned one of the version that the database's settings ask for.
// The test fails if either is missing.
func Versions(t testing.TB) []Version {
	t.Helper()
	var all []Version
	for _, find := range []func() (string, error){findPrograms, pinned} {
		programs, err := find()
		if err != nil {
			t.Fatalf("find a PostgreSQL server: %v", err)
		}
		out, err := exec.Command(programs+"/postgres", "--version").Output() //nolint:gosec // PostgreSQL's own program
		if err != nil {
			t.Fatalf("ask PostgreSQL in %s for its version: %v", programs, err)
		}
		all = append(all, Version{Name: strings.Fields(string(out))[2], programs: programs}) // postgres (PostgreSQL) 15.18 (Debian ...)
	}
	return all
}

// Major is "17" of "17.10".
func (v Version) Major() string {
	major, _, _ := strings.Cut(v.Name, ".")
	return major
}
