// Package published is the plugins that run as they are published, or built from what is.
package published

import (
	"fmt"
	"os"
	"syscall"

	"github.com/genericcorp/platform/tests/localcloud/plugins/serving"
)

// A Command is the variables that hold the paths of a program and of what it is given first.
type Command []string

var (
	// EKS is the component provider's index.js, which is published for Node alone. It calls kubectl and aws, which the local
	// cloud has on the PATH.
	EKS = Command{"LOCALCLOUD_NODE", "LOCALCLOUD_EKS_PROVIDER"}
	// Kubernetes is the provider's program. It calls aws for the cluster's token.
	Kubernetes = Command{"LOCALCLOUD_KUBERNETES_PROVIDER"}
)

// Serve replaces this process by the plugin; args are what the engine gave. It returns only when that fails.
func Serve(command Command, args []string) error {
	var words []string
	for _, variable := range command {
		path := os.Getenv(variable)
		if path == "" {
			return fmt.Errorf("%s is not set: the local cloud's environment has it", variable)
		}
		words = append(words, path)
	}
	serving.EndWithParent()
	err := syscall.Exec(words[0], append(words, args...), os.Environ()) //nolint:gosec // the local cloud's own paths
	return fmt.Errorf("start %s: %w", words[0], err)
}
