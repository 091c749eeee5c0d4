// Package tenant makes, changes and removes tenants. Each tenant is a stack of its own, of which the outputs are the
// record; what is in the database is told by the environment's provisioner.
package tenant

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Environment is where tenants live.
type Environment interface {
	// Name is the environment's, which is its stack's too.
	Name() string
	// Outputs are what the environment's own stack tells.
	Outputs(ctx context.Context) (map[string]any, error)
	// Open opens a tenant's stack for a change by this command alone. One that does not exist is made, or is
	// ErrNoStack.
	Open(ctx context.Context, stack string, create bool) (*Opened, error)
	// Afford refuses so many tenants when the environment's bill with them would be above its limit.
	Afford(ctx context.Context, tenants int) error
	// AWS is how the environment's account is reached, in its region.
	AWS(ctx context.Context, region string) (aws.Config, error)
	// Follow shows a person the progress of one operation of the engine.
	Follow(operate func(progress.Observer) error) (progress.Snapshot, error)
}

// Stack is what a change needs of an engine.Stack.
type Stack interface {
	Up(ctx context.Context, operation engine.Operation, observer progress.Observer) error
	Preview(ctx context.Context, operation engine.Operation, observer progress.Observer) error
	Destroy(ctx context.Context, observer progress.Observer) error
	Remove(ctx context.Context) error
	Resources(ctx context.Context) ([]apitype.ResourceV3, error)
	Reread(ctx context.Context, kind string, ids []string) error
}

// Opened is a tenant's stack, ready for one change.
type Opened struct {
	Stack
	// New says that it was made by this command.
	New bool
	// partial says that an earlier command made it and did not come to its end.
	partial bool
	// Configure writes the stack's settings; what the engine keeps in the same file stays.
	Configure func(settings []byte) error
	// Close lets others change the tenant.
	Close func()
}

// ErrNoStack is returned by Open.
//
//page:none the message around it names the stack
var ErrNoStack = errors.New("no such stack")

// MissingError says that a tenant does not exist.
type MissingError struct {
	Tenant, Environment string
	Near                string // one that exists and that may have been meant; empty: there is none
}

func (e *MissingError) Error() string {
	if e.Near != "" {
		return fmt.Sprintf("environment %s has no tenant %q, did you mean %q?", e.Environment, e.Tenant, e.Near)
	}
	return fmt.Sprintf("environment %s has no tenant %q: `platform tenant list --env %s` shows all", e.Environment, e.Tenant, e.Environment)
}

// ExitCode lets a script tell a tenant that does not exist from a failure.
func (*MissingError) ExitCode() exit.Code { return exit.NoTenant }

// discard forgets a stack that was made by this command and holds nothing, also when the person has had enough.
func (o *Opened) discard(ctx context.Context) error {
	if !o.New {
		return nil
	}
	return o.Remove(context.WithoutCancel(ctx))
}

// Tenants are those of one environment, as one command works on them.
type Tenants struct {
	Environment Environment
	Operation   engine.Operation // what checks each change
	DryRun      bool             // tell what a change would do, and do nothing

	admitted bool // that the environment can pay for them, and has room, is known already

	hold    api.Hold       // why a tenant is being suspended or limited, and by whom
	outputs map[string]any // the environment's, read once
}

// aws reaches the environment's account.
func (t *Tenants) aws(ctx context.Context) (aws.Config, error) {
	region, err := t.output(ctx, "region")
	if err != nil {
		return aws.Config{}, err
	}
	return t.Environment.AWS(ctx, region)
}

// output is an output of the environment that every deployed one has.
func (t *Tenants) output(ctx context.Context, name string) (string, error) {
	if t.outputs == nil {
		outputs, err := t.Environment.Outputs(ctx)
		if err != nil {
			return "", err
		}
		t.outputs = outputs
	}
	text, _ := t.outputs[name].(string)
	if text == "" {
		return "", t.missingOutput(name)
	}
	return text, nil
}

func (t *Tenants) missingOutput(name string) error {
	//page:failed-or-stuck-deploy
	return fmt.Errorf("environment %s has no output %s: deploy it first, with `platform up --stack %s`", t.Environment.Name(), name, t.Environment.Name())
}

// command is a command on one of the environment's tenants, for a person to copy.
func (t *Tenants) command(words string) string {
	return fmt.Sprintf("`platform tenant %s --env %s`", words, t.Environment.Name())
}

// Database tells the environment's database instance, and how its account is reached.
func (t *Tenants) Database(ctx context.Context) (config aws.Config, instance string, err error) {
	if config, err = t.aws(ctx); err != nil {
		return aws.Config{}, "", err
	}
	databases, _ := t.outputs["databases"].(map[string]any)
	main, _ := databases[api.MainDatabase].(map[string]any)
	if instance, _ = main["instanceId"].(string); instance == "" {
		return aws.Config{}, "", t.missingOutput("databases." + api.MainDatabase + ".instanceId")
	}
	return config, instance, nil
}
