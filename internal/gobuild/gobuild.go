// Package gobuild says how this repository's programs are compiled on the machine that runs them. Make, scripts and workflows
// repeat it, held by a test, so that what one build has compiled no other compiles again.
package gobuild

import (
	"os"
	"strings"
)

// Flags are for GOFLAGS. They leave out a third of the compiler's work: what debuggers alone read, which stack traces and
// profiles do without, and the inlining of SDKs and of Kubernetes. Those are mostly generated and large (one package needs 80
// seconds and 3 GB), and nothing here waits for them to compute.
const Flags = "-gcflags=all=-dwarf=false '-gcflags=...sdk...=-dwarf=false -l' '-gcflags=...k8s.io...=-dwarf=false -l'"

// Memory are variables that let the compiler use up to 3 GiB before it collects garbage as often as it would, which is a third
// of its work.
var Memory = []string{"GOGC=400", "GOMEMLIMIT=3GiB"}

// Env is the environment of a go command that compiles: the caller's, with Flags and Memory.
func Env() []string {
	flags := strings.TrimSpace(strings.ReplaceAll(os.Getenv("GOFLAGS"), Flags, "") + " " + Flags)
	return append(append(os.Environ(), "GOFLAGS="+flags), Memory...)
}
