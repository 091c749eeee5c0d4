// Command settingsdoc writes docs/settings.md, the reference of all settings, from the comments and tags of the
// settings' own structs. Run it by: go generate ./stacks
package main

import (
	"fmt"
	"os"

	"github.com/genericcorp/platform/internal/environments"
)

// The paths as seen from the package stacks, where go generate runs.
var sources = []string{"settings.go", "settings_workloads.go", "settings_temporal.go", "settings_edge.go", "settings_collector.go", "settings_tenant.go"}

const target = "../docs/settings.md"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "settingsdoc:", err)
		os.Exit(1)
	}
}

func run() error {
	text, err := generate(environments.All(), sources...)
	if err != nil {
		return err
	}
	return os.WriteFile(target, []byte(text), 0o644) //nolint:gosec // documentation, for everyone to read
}
