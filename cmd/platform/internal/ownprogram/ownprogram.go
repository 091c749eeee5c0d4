// Package ownprogram gives this program other names, by which it does what another program of its own would: nothing is compiled, and no
// command meets another one's rules or provider.
package ownprogram

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Link is a link in a cache to this very program, by the name. It is alone in a folder, whose name begins with what it is for.
func Link(cache, purpose, name string) (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	dir := filepath.Join(cache, "bin", fmt.Sprintf("%s-%.6x", purpose, sha256.Sum256([]byte(program))))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the cache of tools: %w", err)
	}
	link := filepath.Join(dir, name)
	if err := os.Symlink(program, link); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("link %s: %w", name, err)
	}
	return link, nil
}
