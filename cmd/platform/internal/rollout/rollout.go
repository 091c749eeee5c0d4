// Package rollout puts programs in a cluster back to the last version that worked, when a newer one has not come up.
package rollout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/components/workload"
)

// Kubectl reaches a cluster.
type Kubectl struct {
	Program    string
	Kubeconfig string
	Runner     process.Runner
}

// patience is how long a version that worked may take to be whole again.
const patience = 5 * time.Minute

// PutBack puts every program of the platform back whose rollout has failed, and adds to the deployment's error what became of each. The
// pods of the version before have served all the while; now there are no others. What the program is to be stays as the settings say,
// so that the next deployment tries again.
func PutBack(ctx context.Context, k Kubectl, failed error) error {
	found, err := k.get(ctx)
	if err != nil {
		return errors.Join(failed, fmt.Errorf("look which programs did not come up: %w", err))
	}
	said := []error{failed}
	for _, d := range found.failed() {
		said = append(said, k.putBack(ctx, d, found.lastGood(d)))
	}
	return errors.Join(said...)
}

func (k Kubectl) putBack(ctx context.Context, d object, good *object) error {
	name := d.Metadata.Namespace + "/" + d.Metadata.Name
	if good == nil {
		//page:failed-or-stuck-deploy
		return fmt.Errorf("%s did not come up, and there is no version before it that works", name)
	}
	if err := k.apply(ctx, d, good); err != nil {
		return fmt.Errorf("%s did not come up, and could not be put back to revision %s: %w", name, good.revision(), err)
	}
	//page:failed-or-stuck-deploy
	return fmt.Errorf("%s did not come up: it is put back to revision %s (%s), which has served all the while", name, good.revision(), good.image())
}

// apply gives a Deployment another version's pods, and waits for them.
func (k Kubectl) apply(ctx context.Context, d object, version *object) error {
	manifest, err := d.with(version)
	if err != nil {
		return err
	}
	if _, err := k.run(ctx, manifest, "apply", "--server-side", "--force-conflicts", "--field-manager", d.manager(), "--filename", "-"); err != nil {
		return err
	}
	_, err = k.run(ctx, nil, "rollout", "status", "deployment/"+d.Metadata.Name, "--namespace", d.Metadata.Namespace, "--timeout", patience.String())
	return err
}

// get asks for what the platform runs.
func (k Kubectl) get(ctx context.Context) (found objects, err error) {
	text, err := k.run(ctx, nil, "get", "deployments,replicasets", "--all-namespaces", "--selector", workload.LabelManagedBy+"="+workload.ManagedBy,
		"--show-managed-fields", "--output", "json")
	if err != nil {
		return found, err
	}
	return found, json.Unmarshal(text, &found)
}

func (k Kubectl) run(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	cmd := exec.Command(k.Program, append([]string{"--kubeconfig", k.Kubeconfig}, args...)...) //nolint:gosec // kubectl
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := k.Runner.Run(ctx, cmd); err != nil {
		//page:kubernetes-api-trouble
		return nil, fmt.Errorf("kubectl %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}
