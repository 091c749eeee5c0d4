// Package rollout sees programs in a cluster through a deployment: it waits for the new version of each, and puts those back to the last
// version that worked whose new one does not come up.
package rollout

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	Out        io.Writer     // is told what is waited for
	Interval   time.Duration // between two looks; 2 s when zero
	Patience   time.Duration // with a version that worked, until it is whole again; 5 minutes when zero
}

const (
	// patience is how long a version that worked may take to be whole again.
	patience = 5 * time.Minute
	// interval leaves the machine to what it waits for.
	interval = 2 * time.Second
)

// Stack is what is needed of the engine.Stack that has deployed the programs.
type Stack interface {
	Reread(ctx context.Context, kind string, ids []string) error
}

// kind is that of a Deployment in the engine's state.
const kind = "kubernetes:apps/v1:Deployment"

// Finish sees every program of the platform through its rollout after a deployment, which ended with deployed, an error or nil. The engine's
// word is not enough: its provider may take the state of the version before for that of the new one. A program whose new version does not come
// up is put back, which the error says beside deployed, with the reasons. The pods of the version before have served all the while; now there
// are no others. What the program is to be stays as the settings say, so that the next deployment tries again.
func Finish(ctx context.Context, k Kubectl, stack Stack, deployed error) error {
	found, late, err := k.settled(ctx)
	if err != nil {
		return errors.Join(deployed, fmt.Errorf("look which programs did not come up: %w", err))
	}
	said := []error{deployed}
	var back []string
	for _, d := range late {
		reasons := k.reasons(ctx, d, found.current(d))
		restored, err := k.putBack(ctx, d, found.lastGood(d))
		if restored {
			back = append(back, d.name())
		}
		said = append(said, &notUp{err, reasons})
	}
	if len(back) > 0 {
		said = append(said, stack.Reread(ctx, kind, back)) // where the engine believes that the new version runs, it would not try again
	}
	return errors.Join(said...)
}

// notUp is what became of a program, and why.
type notUp struct {
	error

	reasons []string
}

func (e *notUp) Unwrap() error { return e.error }

func (e *notUp) Error() string {
	return strings.Join(append([]string{e.error.Error()}, e.reasons...), "\n  ")
}

// settled waits until no rollout is under way, and gives those that have failed.
func (k Kubectl) settled(ctx context.Context) (found objects, late []object, err error) {
	told := 0
	for began := time.Now(); ; {
		if found, err = k.get(ctx); err != nil {
			return found, nil, err
		}
		late, open := found.judge(time.Since(began))
		if len(open) == 0 {
			return found, late, nil
		}
		if len(open) != told {
			told = len(open)
			_, _ = fmt.Fprintf(k.Out, "waiting for %s to come up\n", names(open))
		}
		if err := k.pause(ctx); err != nil {
			return found, nil, err
		}
	}
}

func names(list []object) string {
	var names []string
	for _, d := range list {
		names = append(names, d.name())
	}
	return strings.Join(names, ", ")
}

// putBack says what became of a program whose new version did not come up.
func (k Kubectl) putBack(ctx context.Context, d object, good *object) (restored bool, err error) {
	if good == nil {
		//page:failed-or-stuck-deploy
		return false, fmt.Errorf("%s did not come up, and there is no version before it that works", d.name())
	}
	if err := k.apply(ctx, d, good); err != nil {
		return false, fmt.Errorf("%s did not come up, and could not be put back to revision %s: %w", d.name(), good.revision(), err)
	}
	//page:failed-or-stuck-deploy
	return true, fmt.Errorf("%s did not come up: it is put back to revision %s (%s), which has served all the while", d.name(), good.revision(), good.image())
}

// apply gives a Deployment another version's pods, and waits for them.
func (k Kubectl) apply(ctx context.Context, d object, version *object) error {
	manifest, err := d.with(version)
	if err != nil {
		return err
	}
	if _, err := k.Run(ctx, manifest, "apply", "--server-side", "--force-conflicts", "--field-manager", d.manager(), "--filename", "-"); err != nil {
		return err
	}
	return k.whole(ctx, d)
}

// whole waits until a Deployment has its pods and no others. `kubectl rollout status` does not do: it takes that the version before was late
// for a failure of this one.
func (k Kubectl) whole(ctx context.Context, d object) error {
	for began := time.Now(); time.Since(began) < cmp.Or(k.Patience, patience); {
		found, err := k.get(ctx)
		if err != nil {
			return err
		}
		for _, now := range found.Items {
			if now.Metadata.UID == d.Metadata.UID && now.judge(found.current(now), 0) == came {
				return nil
			}
		}
		if err := k.pause(ctx); err != nil {
			return err
		}
	}
	//page:failed-or-stuck-deploy
	return fmt.Errorf("its pods are not ready after %s", cmp.Or(k.Patience, patience))
}

// pause passes the time between two looks.
func (k Kubectl) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(cmp.Or(k.Interval, interval)):
		return nil
	}
}

// get asks for what the platform runs.
func (k Kubectl) get(ctx context.Context) (found objects, err error) {
	text, err := k.Run(ctx, nil, "get", "deployments,replicasets", "--all-namespaces", "--selector", workload.LabelManagedBy+"="+workload.ManagedBy,
		"--show-managed-fields", "--output", "json")
	if err != nil {
		return found, err
	}
	return found, json.Unmarshal(text, &found)
}

// Run runs kubectl once, and returns what it printed, even when it failed.
func (k Kubectl) Run(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	cmd := exec.Command(k.Program, append([]string{"--kubeconfig", k.Kubeconfig}, args...)...) //nolint:gosec // kubectl
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := k.Runner.Run(ctx, cmd); err != nil {
		//page:kubernetes-api-trouble
		return stdout.Bytes(), fmt.Errorf("kubectl %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}
