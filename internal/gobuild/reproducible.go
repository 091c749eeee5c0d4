package gobuild

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Reproducible is a static program for another machine. The same sources and the same version of Go give the same bytes,
// whoever compiles them, wherever, and with whatever in the environment.
type Reproducible struct {
	Repository string // the folder of go.mod
	Package    string // "./services/sample"
	System     string // as Go names it, "linux"
	Processor  string // as Go names it, "arm64"
	Flags      string // for GOFLAGS, beside those that make it reproducible
	Tags       string
	Variables  string // the linker's -X
}

// Compile compiles the program and returns it.
func (r Reproducible) Compile(ctx context.Context) ([]byte, error) {
	environment, err := r.environment(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "gobuild")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) // the system's own folder for such files
	output := filepath.Join(folder, "program")
	//nolint:gosec // the product's own programs and flags
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags="+r.Tags,
		"-ldflags="+strings.TrimSpace("-s -w -buildid= "+r.Variables), "-o", output, r.Package)
	build.Dir, build.Env = r.Repository, environment
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s for %s/%s: %w\n%s", r.Package, r.System, r.Processor, err, out)
	}
	return os.ReadFile(output) // just built
}

// passed are the settings of Go that say where to find and keep things, and not what comes of them.
var passed = []string{
	"GOAUTH", "GOCACHE", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH", "GOPRIVATE", "GOPROXY", "GOROOT", "GOSUMDB",
	"GOTMPDIR", "GOTOOLCHAIN", "GOVCS",
}

// environment leaves out every other setting of Go, also those that a person has written with `go env -w`.
func (r Reproducible) environment(ctx context.Context) ([]string, error) {
	ask := exec.CommandContext(ctx, "go", append([]string{"env", "-json"}, passed...)...) //nolint:gosec // the names above
	ask.Dir = r.Repository
	var problems bytes.Buffer
	ask.Stderr = &problems
	out, err := ask.Output()
	if err != nil {
		return nil, fmt.Errorf("ask go for its settings: %w\n%s", err, problems.String())
	}
	settings := map[string]string{}
	if err := json.Unmarshal(out, &settings); err != nil {
		return nil, fmt.Errorf("ask go for its settings: %w", err)
	}
	kept := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "GO") || strings.HasPrefix(variable, "CGO_")
	})
	for _, name := range passed {
		if settings[name] != "" {
			kept = append(kept, name+"="+settings[name])
		}
	}
	kept = append(kept, "GOENV=off", "GOWORK=off", "GOOS="+r.System, "GOARCH="+r.Processor, "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS="+r.Flags)
	return append(kept, Variables...), nil
}
