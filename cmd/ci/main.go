// Command ci is `platform ci` and nothing else, for the jobs in which the operator's command is not compiled: this one is in
// seconds.
package main

import (
	"os"

	"github.com/genericcorp/platform/cmd/platform/ci"
)

func main() { os.Exit(ci.Main(os.Args[1:])) }
