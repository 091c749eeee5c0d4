// Package gobuild says how this repository's programs are compiled on the machine that runs them. The Makefile and .ci/lib
// say the same, so that what one build has compiled no other compiles again.
package gobuild

import (
	"os"
	"strings"
)

// Flags keep the compiler from writing what debuggers alone read, which is a quarter of its work. Stack traces and profiles
// do without.
const Flags = "-gcflags=all=-dwarf=false"

// Env is the environment of a go command that compiles: the caller's, with Flags. The compiler, which spends a third of its
// time on collecting garbage, may use up to 3 GiB before it collects as often as it would.
func Env() []string {
	flags := strings.TrimSpace(strings.ReplaceAll(os.Getenv("GOFLAGS"), Flags, "") + " " + Flags)
	return append(os.Environ(), "GOFLAGS="+flags, "GOGC=400", "GOMEMLIMIT=3GiB")
}
