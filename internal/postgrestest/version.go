package postgrestest

import (
	"fmt"
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
		name, err := fullVersion(programs)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Version{Name: strings.Fields(name)[2], programs: programs})
	}
	return all
}

// fullVersion is what a server calls itself: postgres (PostgreSQL) 15.18 (Debian ...).
func fullVersion(programs string) (string, error) {
	out, err := exec.Command(programs+"/postgres", "--version").Output() //nolint:gosec // PostgreSQL's own program
	if err != nil {
		return "", fmt.Errorf("ask PostgreSQL in %s for its version: %w", programs, err)
	}
	return string(out), nil
}

// Major is "17" of "17.10".
func (v Version) Major() string {
	major, _, _ := strings.Cut(v.Name, ".")
	return major
}
