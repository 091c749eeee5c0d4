// Package gobuild says how this repository's programs are compiled on the machine that runs them. Make, scripts and workflows
// repeat it, held by a test, so that what one build has compiled no other compiles again.
package gobuild

import (
	"os"
	"strings"
)

// Flags are for GOFLAGS. They leave out a third of the compiler's work: what debuggers alone read, which stack traces and
// profiles do without, and the inlining of SDKs and of Kubernetes. Those are mostly generated and large (one package needs 80
// seconds and 3 GB), and nothing here waits for them to compute. Without the paths of this machine, what is compiled serves every
// checkout, and the programs that are the same wherever they are compiled.
const Flags = "-trimpath -gcflags=all=-dwarf=false '-gcflags=...sdk...=-dwarf=false -l' '-gcflags=...k8s.io...=-dwarf=false -l'"

// Variables turn C off, without which programs are static and, like those for another machine, need no compiler of it; and let
// the compiler use up to 3 GiB before it collects garbage as often as it would, which is a third of its work.
var Variables = []string{"CGO_ENABLED=0", "GOGC=400", "GOMEMLIMIT=3GiB"}

// Env is the environment of a go command that compiles: the caller's, with Flags and Variables.
func Env() []string {
	flags := strings.TrimSpace(strings.ReplaceAll(os.Getenv("GOFLAGS"), Flags, "") + " " + Flags)
	return append(append(os.Environ(), "GOFLAGS="+flags), Variables...)
}
