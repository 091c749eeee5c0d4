// Command platform is the operator's command: a whole environment on this machine, and a look at the
// environments on AWS. Started as platform-policies, it serves the policy pack, and as pulumi-resource-betterstack the provider
// of Better Stack's objects.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/cmd/platform/internal/localenv"
	"github.com/genericcorp/platform/cmd/platform/internal/pricing"
	"github.com/genericcorp/platform/cmd/platform/internal/product"
	"github.com/genericcorp/platform/cmd/platform/root"
	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/betterstack/provider"
	"github.com/genericcorp/platform/policies"
	"github.com/genericcorp/platform/stacks"
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case policies.Program:
		policies.Main()
		return
	case betterstack.Program:
		os.Exit(provider.Main())
	}
	prices, err := pricing.New(localenv.Stack, localenv.Region)
	if err != nil {
		fmt.Fprintln(os.Stderr, "platform:", err)
		os.Exit(1)
	}
	os.Exit(root.Main(product.Product{
		Program: stacks.Run, Check: checkSettings, APIAccess: apiAccess, Functions: functions, Pricer: prices, BuildArchive: artifact.Build,
		Samples: []product.Sample{{Tenant: "acme", Tier: "pro"}, {Tenant: "birch", Tier: "free"}},
	}, os.Args[1:]))
}

func checkSettings(file string) error {
	_, err := stacks.LoadFile(file)
	return err
}

// apiAccess gives the networks that may reach the API of an environment's cluster.
func apiAccess(file string) ([]string, error) {
	settings, err := stacks.LoadFile(file)
	if err != nil || settings.Environment == nil {
		return nil, err
	}
	return settings.Environment.Cluster.PublicAccessCIDRs, nil
}

// functions gives the services whose functions an environment deploys.
func functions(file string) ([]string, error) {
	settings, err := stacks.LoadFile(file)
	if err != nil || settings.Environment == nil {
		return nil, err
	}
	return settings.Environment.Functions(), nil
}
