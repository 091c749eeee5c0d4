// Package policypack finds the program that serves the policy pack, which checks every preview and every deployment.
package policypack

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/policies"
)

// Own is a link in a cache to this very program, which serves its own pack when it is started by that name: nothing is
// compiled, and no command is checked by another's rules.
func Own(cache string) (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	dir := filepath.Join(cache, "bin", fmt.Sprintf("policies-%.6x", sha256.Sum256([]byte(program))))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the cache of tools: %w", err)
	}
	link := filepath.Join(dir, policies.Program)
	if err := os.Symlink(program, link); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("link the policy pack: %w", err)
	}
	return link, nil
}
