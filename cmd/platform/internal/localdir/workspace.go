package localdir

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// salt is the line that the engine adds to a stack's settings for the passphrase of its secrets.
var salt = regexp.MustCompile(`(?m)^encryptionsalt:.*$`)

// CopySettings brings the project's file and the stack's settings into the workspace, where the engine may
// write to them. The engine's own line in an older copy of the settings is kept: without it the
// secrets in the state could not be read any more.
func (f Folder) CopySettings(projectFile, settingsFile string) error {
	if err := os.MkdirAll(f.Workspace(), 0o700); err != nil {
		return fmt.Errorf("make the workspace: %w", err)
	}
	for _, source := range []string{projectFile, settingsFile} {
		text, err := os.ReadFile(source)
		if err != nil {
			return fmt.Errorf("read the settings: %w", err)
		}
		if err := f.WriteSettings(filepath.Base(source), text); err != nil {
			return err
		}
	}
	return nil
}

// WriteSettings writes a file of settings in the workspace, and keeps the engine's own line of an older one.
func (f Folder) WriteSettings(name string, text []byte) error {
	target := filepath.Join(f.Workspace(), name)
	old, err := os.ReadFile(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the copy of the settings: %w", err)
	}
	if err := os.WriteFile(target, keepSalt(text, old), 0o600); err != nil { //nolint:gosec // below the folder that the user chose
		return fmt.Errorf("copy the settings: %w", err)
	}
	return nil
}

func keepSalt(fresh, old []byte) []byte {
	line := salt.Find(old)
	if line == nil || salt.Match(fresh) {
		return fresh
	}
	return append(append(bytes.TrimRight(fresh, "\n"), '\n'), append(line, '\n')...)
}
