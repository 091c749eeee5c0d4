package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
)

// module is the first line of the product's go.mod.
const module = "module github.com/genericcorp/platform\n"

// findRepository looks for the product's repository from dir upwards.
func findRepository(dir string) (string, error) {
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte(module)) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("this is not inside the platform's repository: change into it first")
		}
		dir = parent
	}
}

// repository is the one around the current folder.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return findRepository(dir)
}
