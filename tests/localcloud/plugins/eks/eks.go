// Package eks is the plugin of the pulumi-eks components. They are published for Node alone, so the plugin becomes Node
// running the published component provider.
package eks

import (
	"fmt"
	"os"
	"syscall"

	"github.com/genericcorp/platform/tests/localcloud/plugins/serving"
)

const (
	// nodeVariable holds the path of the Node program.
	nodeVariable = "LOCALCLOUD_NODE"
	// providerVariable holds the path of the component provider's index.js.
	providerVariable = "LOCALCLOUD_EKS_PROVIDER"
)

// Serve replaces this process by the component provider; args are what the engine gave. It returns only when that fails.
// The provider calls kubectl and aws, which the local cloud has on the PATH.
func Serve(args []string) error {
	node, provider := os.Getenv(nodeVariable), os.Getenv(providerVariable)
	if node == "" || provider == "" {
		return fmt.Errorf("%s and %s are not set: they name Node and the EKS component provider", nodeVariable, providerVariable)
	}
	serving.EndWithParent()
	err := syscall.Exec(node, append([]string{node, provider}, args...), os.Environ()) //nolint:gosec // the local cloud's own paths
	return fmt.Errorf("start %s: %w", node, err)
}
