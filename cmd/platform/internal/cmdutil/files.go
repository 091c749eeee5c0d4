package cmdutil

import (
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// RequireFolder refuses a flag's file that could not be written, before what is to be in it takes its time. No file is no error.
func RequireFolder(flag, file string) error {
	if file == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return exit.Usagef("%s: got %q, expected a file in a folder that exists", flag, file)
	}
	return nil
}
