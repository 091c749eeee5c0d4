// Command platform is the operator's command: a whole environment on this machine, and a look at the
// environments on AWS.
package main

import (
	"os"

	"github.com/genericcorp/platform/cmd/platform/internal/cli"
	"github.com/genericcorp/platform/stacks"
)

func main() {
	os.Exit(cli.Main(cli.Platform{Program: stacks.Run, Check: checkSettings}, os.Args[1:]))
}

func checkSettings(file string) error {
	_, err := stacks.LoadFile(file)
	return err
}
