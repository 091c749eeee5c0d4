// Package plugins holds the Pulumi plugins of the local cloud. The engine finds them as links to this program, named
// pulumi-resource-<name>.
package plugins

import (
	"context"
	"fmt"
	"os"

	"github.com/genericcorp/platform/tests/localcloud/plugins/bridged"
	"github.com/genericcorp/platform/tests/localcloud/plugins/published"
)

// Run is the plugin of the name; args are what the engine gave. It returns the exit code.
func Run(name string, args []string) int {
	ctx := context.Background()
	var err error
	switch name {
	case bridged.AWS.Name:
		err = bridged.Serve(ctx, bridged.AWS, args)
	case bridged.Random.Name:
		err = bridged.Serve(ctx, bridged.Random, args)
	case "kubernetes":
		err = published.Serve(published.Kubernetes, args)
	case "eks":
		err = published.Serve(published.EKS, args)
	default:
		err = fmt.Errorf("the local cloud has no plugin %q", name)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-%s: %v\n", name, err)
		return 1
	}
	return 0
}
