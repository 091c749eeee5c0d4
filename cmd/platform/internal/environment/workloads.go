package environment

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/apiaccess"
	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/prereq"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/rollout"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/cmd/platform/internal/workloads"
	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/internal/environments"
)

// AddWorkloadsFlag adds --workloads.
func (t *Target) AddWorkloadsFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&t.Workloads, "workloads", false,
		"what runs in the environment's cluster, a stack of its own, from where the cluster's API is reached")
}

// Stack is the name of the stack.
func (t *Target) Stack() string {
	if t.Workloads {
		return environments.WorkloadsStack(t.Name)
	}
	return t.Name
}

// workloadsStack is the stack of what runs in a cluster, and a way to that cluster.
type workloadsStack struct {
	*tenant.Opened

	kubectl rollout.Kubectl
	forget  func() // the way
}

func (s *workloadsStack) close() {
	s.forget()
	s.Close()
}

// openWorkloads opens the stack on AWS, and makes it when there is none. A machine that does not reach the cluster's API, and whoever may not
// use the verb on its namespaces, is told so before anything begins.
func (t *Target) openWorkloads(ctx context.Context, f *cmdutil.Factory, o RunOptions, verb string) (_ *workloadsStack, err error) {
	if o.Program != "" || o.Redact {
		return nil, exit.Usagef("--workloads: it deploys this command's own program; leave out --program and --redact-secrets")
	}
	if err := prereq.Check(prereq.AWS, false); err != nil {
		return nil, err
	}
	file, err := o.settingsFile(f, t.Name)
	if err != nil {
		return nil, err
	}
	read, err := workloads.Read(file)
	if err != nil {
		return nil, err
	}
	settings, err := read.File()
	if err != nil {
		return nil, err
	}
	environment := &onAWS{factory: f, name: t.Name}
	outputs, err := environment.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	access := accessOf(outputs)
	if err := apiaccess.Reach(ctx, t.Name, access.Endpoint); err != nil {
		return nil, err
	}
	kubectl, forget, err := kubectlOf(f, access)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			forget()
		}
	}()
	if err := apiaccess.Allow(ctx, kubectl.Run, t.Name, verb); err != nil {
		return nil, err
	}
	stack, err := environment.Open(ctx, t.Stack(), true)
	if err != nil {
		return nil, err
	}
	if err := stack.Configure(settings); err != nil {
		stack.Close()
		return nil, err
	}
	return &workloadsStack{stack, kubectl, forget}, nil
}

// accessOf is the way to the cluster that an environment's outputs tell.
func accessOf(outputs map[string]any) cluster.Access {
	text := func(name string) string { value, _ := outputs[name].(string); return value }
	return cluster.Access{
		Name: text("clusterName"), Endpoint: text("clusterEndpoint"), CertificateAuthority: text("clusterCertificateAuthority"),
	}
}

// kubectlOf reaches a cluster with the caller's credentials, until it is told to forget the way.
func kubectlOf(f *cmdutil.Factory, access cluster.Access) (k rollout.Kubectl, forget func(), err error) {
	config, err := access.Kubeconfig()
	if err != nil {
		return k, nil, err
	}
	folder, err := os.MkdirTemp("", "platform-kubeconfig-")
	if err != nil {
		return k, nil, err
	}
	forget = func() { _ = os.RemoveAll(folder) }
	file := filepath.Join(folder, "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		forget()
		return k, nil, err
	}
	return rollout.Kubectl{Program: "kubectl", Kubeconfig: file, Runner: f.Runner(), Out: f.Err}, forget, nil
}

func (t *Target) previewWorkloads(ctx context.Context, f *cmdutil.Factory, o RunOptions) (progress.Snapshot, error) {
	stack, err := t.openWorkloads(ctx, f, o, "list")
	if err != nil {
		return progress.Snapshot{}, err
	}
	defer stack.close()
	last, err := follow(f, func(observer progress.Observer) error { return stack.Preview(ctx, o.operation(), observer) })
	if stack.New { // a preview leaves nothing
		err = errors.Join(err, stack.Remove(context.WithoutCancel(ctx)))
	}
	return last, err
}

func (t *Target) upWorkloads(ctx context.Context, f *cmdutil.Factory, o RunOptions) (map[progress.Action]int, error) {
	stack, err := t.openWorkloads(ctx, f, o, "create")
	if err != nil {
		return nil, err
	}
	defer stack.close()
	last, err := follow(f, func(observer progress.Observer) error { return stack.Up(ctx, o.operation(), observer) })
	if ctx.Err() == nil {
		err = rollout.Finish(ctx, stack.kubectl, stack, err)
	}
	return last.Changes, err
}
