// Package required says what becomes of a test when the machine lacks something that it needs: a person's machine leaves the test
// out, and in CI, where nobody would notice that, it fails.
package required

import (
	"os"
	"os/exec"
	"testing"

	"github.com/genericcorp/platform/internal/check"
)

// Missing ends the test. The reason says what is missing and what brings it.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "" {
		t.Skip(reason)
		return
	}
	t.Fatal(reason + " (in CI nothing may be left out)")
}

// OfRoot is Missing for what root alone can have: other users' tests are left out, in CI, too.
func OfRoot(t testing.TB, reason string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip(reason + " (tried as root only)")
		return
	}
	Missing(t, reason)
}

// Program is the path of the first of the programs that the machine has. What brings one ends the reason where it has none.
func Program(t testing.TB, brings string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "missing on the PATH: "+check.Alternatives(names...)+": "+brings)
	return ""
}
