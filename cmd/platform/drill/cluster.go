package drill

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/internal/localcloud"
)

// onLocalCloud is the cluster of a local cloud.
func onLocalCloud(state localcloud.State) *Cluster {
	return &Cluster{
		Kubectl: func(ctx context.Context, args ...string) ([]byte, error) {
			return output(localctl.Kubectl(ctx, state, args...))
		},
		Kill: func(ctx context.Context, n Node) error { return localctl.KillNode(ctx, state, n.Metadata.Name) },
	}
}

// onAWS is the cluster that the shell's kubectl is set to. A machine that is taken away is replaced by its group.
func onAWS() *Cluster {
	return &Cluster{
		Kubectl: func(ctx context.Context, args ...string) ([]byte, error) {
			return output(exec.CommandContext(ctx, "kubectl", args...))
		},
		Kill: func(ctx context.Context, n Node) error {
			_, err := output(exec.CommandContext(ctx, "aws", "autoscaling", "terminate-instance-in-auto-scaling-group", //nolint:gosec // a node's id
				"--instance-id", path.Base(n.Spec.ProviderID), "--no-should-decrement-desired-capacity"))
			return err
		},
	}
}

// output is what a program prints; the error says what it said.
func output(cmd *exec.Cmd) ([]byte, error) {
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("%s: %w: %s", path.Base(cmd.Path), err, strings.TrimSpace(string(failed.Stderr)))
	}
	return out, err
}
