// Command platform is the operator's command: a whole environment on this machine, and a look at the
// environments on AWS.
package main

import (
	"fmt"
	"os"

	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/pricing"
	"github.com/genericcorp/platform/cmd/platform/internal/product"
	"github.com/genericcorp/platform/cmd/platform/root"
	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/stacks"
)

func main() {
	prices, err := pricing.New(local.Stack, local.Region)
	if err != nil {
		fmt.Fprintln(os.Stderr, "platform:", err)
		os.Exit(1)
	}
	os.Exit(root.Main(product.Product{
		Program: stacks.Run, Check: checkSettings, Pricer: prices, BuildArchive: artifact.Build,
		Samples: []product.Sample{{Tenant: "acme", Tier: "pro"}, {Tenant: "birch", Tier: "free"}},
	}, os.Args[1:]))
}

func checkSettings(file string) error {
	_, err := stacks.LoadFile(file)
	return err
}
