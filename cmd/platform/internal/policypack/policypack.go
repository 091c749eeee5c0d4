// Package policypack builds the repository's policy pack, which judges every preview and every deployment.
package policypack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/internal/gobuild"
)

// Build compiles the pack of a repository into the cache of tools and returns the program. The Go build cache makes it
// a moment's work when nothing changed. Each checkout has a program of its own: none is judged by another's rules.
func Build(ctx context.Context, repository, cache string, runner process.Runner) (string, error) {
	program := filepath.Join(cache, "bin", fmt.Sprintf("platform-policies-%.6x", sha256.Sum256([]byte(repository))))
	if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
		return "", fmt.Errorf("make the cache of tools: %w", err)
	}
	var said bytes.Buffer
	cmd := exec.Command("go", "build", "-o", program, "./policies")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = repository, gobuild.Env(), &said, &said
	if err := runner.Run(ctx, cmd); err != nil {
		return "", fmt.Errorf("build the policy pack: %w\n%s", err, strings.TrimSpace(said.String()))
	}
	return program, nil
}
