// Package product is what the command operates: the Pulumi program, the rules for its settings and what is built beside it.
package product

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/internal/artifact"
)

// Product is the platform, as a test may replace it.
type Product struct {
	Program pulumi.RunFunc
	// Check finds all mistakes of a settings file at once.
	Check func(settingsFile string) error
	// APIAccess gives the networks that may reach the cluster's API from the internet; nil: there is no cluster.
	APIAccess func(settingsFile string) ([]string, error)
	// Functions gives the services whose functions the settings deploy (package artifact).
	Functions func(settingsFile string) ([]string, error)
	// Pricer knows list prices; nil: nothing is priced.
	Pricer inventory.Pricer
	// Samples are the tenants that a local cloud has from the beginning.
	Samples []Sample
	// BuildArchive builds the archive of a function, for a local cloud.
	BuildArchive func(context.Context, artifact.Options) error
}

// Sample is a tenant that a local cloud has from the beginning.
type Sample struct{ Tenant, Tier string }

// CheckSettings refuses wrong settings as a mistake of whoever named them; nothing is started then.
func (p Product) CheckSettings(file string) error { return exit.UsageError(p.Check(file)) }
