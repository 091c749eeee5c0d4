// Command localcloud is a cloud on one machine: an AWS emulator, a Kubernetes control plane, a PostgreSQL and a Redis
// server behind one endpoint, and the Pulumi plugins to deploy to it. Under the name of a plugin it is that plugin.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/genericcorp/platform/internal/quietterminal"
	"github.com/genericcorp/platform/tests/localcloud/nodes/machine"
	"github.com/genericcorp/platform/tests/localcloud/plugins"
)

func main() {
	if name, ok := strings.CutPrefix(filepath.Base(os.Args[0]), "pulumi-resource-"); ok {
		os.Exit(plugins.Run(name, os.Args[1:]))
	}
	if len(os.Args) == 2 && os.Args[1] == machine.Command {
		fmt.Fprintf(os.Stderr, "node: %v\n", machine.Run()) // it runs as long as the node
		os.Exit(1)
	}
	os.Exit(run())
}

func run() int {
	ctx, stop := interruptible()
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "localcloud: %v\n", err)
		return 1
	}
	return 0
}
