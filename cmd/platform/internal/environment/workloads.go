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

// openWorkloads opens the stack on AWS, and makes it when there is none. A machine that does not reach the cluster's API is told so
// before anything begins.
func (t *Target) openWorkloads(ctx context.Context, f *cmdutil.Factory, o RunOptions) (*tenant.Opened, error) {
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
	endpoint, _ := outputs["clusterEndpoint"].(string)
	if err := apiaccess.Reach(ctx, t.Name, endpoint); err != nil {
		return nil, err
	}
	opened, err := environment.Open(ctx, t.Stack(), true)
	if err != nil {
		return nil, err
	}
	if err := opened.Configure(settings); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

func (t *Target) previewWorkloads(ctx context.Context, f *cmdutil.Factory, o RunOptions) (progress.Snapshot, error) {
	stack, err := t.openWorkloads(ctx, f, o)
	if err != nil {
		return progress.Snapshot{}, err
	}
	defer stack.Close()
	last, err := follow(f, func(observer progress.Observer) error { return stack.Preview(ctx, o.operation(), observer) })
	if stack.New { // a preview leaves nothing
		err = errors.Join(err, stack.Remove(context.WithoutCancel(ctx)))
	}
	return last, err
}

func (t *Target) upWorkloads(ctx context.Context, f *cmdutil.Factory, o RunOptions) (map[progress.Action]int, error) {
	stack, err := t.openWorkloads(ctx, f, o)
	if err != nil {
		return nil, err
	}
	defer stack.Close()
	last, err := follow(f, func(observer progress.Observer) error { return stack.Up(ctx, o.operation(), observer) })
	if ctx.Err() == nil {
		err = t.finish(ctx, f, stack, err)
	}
	return last.Changes, err
}

// finish waits for every program's rollout, and puts those back whose new version does not come up.
func (t *Target) finish(ctx context.Context, f *cmdutil.Factory, stack rollout.Stack, deployed error) error {
	outputs, err := (&onAWS{factory: f, name: t.Name}).Outputs(ctx)
	if err != nil {
		return errors.Join(deployed, err)
	}
	text := func(name string) string { value, _ := outputs[name].(string); return value }
	config, err := cluster.Access{
		Name: text("clusterName"), Endpoint: text("clusterEndpoint"), CertificateAuthority: text("clusterCertificateAuthority"),
	}.Kubeconfig()
	if err != nil {
		return errors.Join(deployed, err)
	}
	folder, err := os.MkdirTemp("", "platform-kubeconfig")
	if err != nil {
		return errors.Join(deployed, err)
	}
	defer os.RemoveAll(folder) // the system's own folder for such files
	file := filepath.Join(folder, "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return errors.Join(deployed, err)
	}
	return rollout.Finish(ctx, rollout.Kubectl{Program: "kubectl", Kubeconfig: file, Runner: f.Runner(), Out: f.Err}, stack, deployed)
}
