// Package toolcache says where the tools are kept that this repository builds for itself: the local cloud's programs, the
// linter, the policy pack.
package toolcache

import (
	"fmt"
	"os"
	"path/filepath"
)

const (
	// Variable names the environment variable that moves the cache.
	Variable = "PLATFORM_CACHE"
	// Name is the folder's name in the user's cache folder.
	Name = "genericcorp-platform"
)

// Dir is the absolute path of the cache: $PLATFORM_CACHE, else genericcorp-platform in $XDG_CACHE_HOME or ~/.cache, on every
// operating system.
func Dir() (string, error) {
	if dir := os.Getenv(Variable); dir != "" {
		return filepath.Abs(dir)
	}
	base := os.Getenv("XDG_CACHE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the cache folder (set %s to choose one): %w", Variable, err)
		}
		base = filepath.Join(home, ".cache")
	}
	return filepath.Abs(filepath.Join(base, Name))
}
