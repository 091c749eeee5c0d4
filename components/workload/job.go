package workload

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	batchv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/batch/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/printable"
)

// JobArgs says what runs once, and again whenever it changes. What is left out takes the value named beside it.
type JobArgs struct {
	Namespace string
	Image     string // by digest
	// Steps are commands, which run one after the other. If one fails, the job begins anew with the first, so each can be repeated.
	Steps [][]string
	Files map[string]string // as those of a workload

	Resources     Resources // of each step
	PriorityClass string
	UserID        int // 65532

	// ServiceAccount is one that exists, with a role that reads Secrets and the way to AWS. Empty: the job has no role.
	ServiceAccount string
	Secrets        []Secret
	SecretsImage   string

	DeadlineSeconds int               // for all tries: 600
	After           []pulumi.Resource // what must be there before
}

// Job is a workload that ends.
type Job struct {
	pulumi.ResourceState

	Done pulumi.StringOutput // the job's name, known once it has ended well
	Made pulumi.Resource     // it has ended well once this is there
}

const (
	defaultDeadline = 600
	maxSteps        = 20
	tries           = 6 // of a database that fails over, the later ones find it again
)

// NewJob runs a job and waits for its end. Its Kubernetes provider comes through the options. All problems of args are reported at once.
func NewJob(ctx *pulumi.Context, name string, args *JobArgs, opts ...pulumi.ResourceOption) (*Job, error) {
	if args == nil {
		args = &JobArgs{}
	}
	p := check.Under(fmt.Sprintf("job %q: ", name))
	full := args.workload()
	args.check(p, name, &full)
	if err := p.Err(); err != nil {
		return nil, err
	}
	j := &Job{}
	steps := pulumi.StringArray{}
	for _, step := range args.Steps {
		steps = append(steps, pulumi.String(strings.Join(step, " ")))
	}
	inputs := pulumi.Map{"namespace": pulumi.String(args.Namespace), "image": pulumi.String(args.Image), "steps": steps}
	if err := ctx.RegisterComponentResourceV2("genericcorp:workload:Job", name, inputs, j, append(opts, tagging.Component("workload"))...); err != nil {
		return nil, fmt.Errorf("register job %q: %w", name, err)
	}
	// Its pods are made as those of a workload with that service account.
	b := &builder{ctx: ctx, name: name, args: full, parent: &Workload{ServiceAccount: cmp.Or(args.ServiceAccount, "default")}}
	if err := b.makeJob(args, j); err != nil {
		return nil, fmt.Errorf("job %q: %w", name, err)
	}
	return j, ctx.RegisterResourceOutputs(j, pulumi.Map{"name": j.Done})
}

// workload is the job in a workload's terms, which has the same pods but for what keeps one running.
func (a *JobArgs) workload() WorkloadArgs {
	w := &WorkloadArgs{
		Namespace: a.Namespace, Image: a.Image, Files: a.Files, Resources: a.Resources, PriorityClass: a.PriorityClass, UserID: a.UserID,
		ServiceAccount: a.ServiceAccount, Secrets: a.Secrets, SecretsImage: a.SecretsImage,
	}
	return w.withDefaults()
}

func (a *JobArgs) check(p *check.Problems, name string, full *WorkloadArgs) {
	awsvalue.Name(1, maxName).Check(p, "name", name)
	awsvalue.Name(1, 63).Check(p, "namespace", a.Namespace)
	awsvalue.ImageDigest.Check(p, "image", a.Image)
	p.Require(len(a.Steps) > 0 && len(a.Steps) <= maxSteps, "steps", check.Words(printable.Count(len(a.Steps), "step")), fmt.Sprintf("1 to %d", maxSteps))
	for i, step := range a.Steps {
		p.Require(len(step) > 0, check.Item("steps", i), step, "a command")
	}
	full.Resources.check(p.In("resources"))
	p.Between("userId", full.UserID, 1, 65535)
	p.Require(a.DeadlineSeconds >= 0 && a.DeadlineSeconds <= 86400, "deadlineSeconds", a.DeadlineSeconds, "0 to 86400")
	full.checkSecrets(p)
}

func (b *builder) makeJob(args *JobArgs, j *Job) error {
	spec, err := b.steps(args.Steps, j)
	if err != nil {
		return err
	}
	deadline := cmp.Or(args.DeadlineSeconds, defaultDeadline)
	wait := time.Duration(deadline+graceSeconds) * time.Second
	// The engine names it: what a job does cannot be changed, so that another one takes its place.
	made, err := batchv1.NewJob(b.ctx, b.name, &batchv1.JobArgs{
		Metadata: &metav1.ObjectMetaArgs{Namespace: pulumi.String(args.Namespace), Labels: labels(b.name)},
		Spec: &batchv1.JobSpecArgs{
			BackoffLimit: pulumi.Int(tries), ActiveDeadlineSeconds: pulumi.Int(deadline),
			Template: &corev1.PodTemplateSpecArgs{Metadata: &metav1.ObjectMetaArgs{Labels: labels(b.name)}, Spec: spec},
		},
	}, pulumi.Parent(j), pulumi.DependsOn(args.After), pulumi.Timeouts(&pulumi.CustomTimeouts{Create: wait.String(), Update: wait.String()}))
	if err != nil {
		return fmt.Errorf("create job: %w", err)
	}
	j.Made, j.Done = made, made.Metadata.Name().Elem()
	return nil
}

// steps is a pod whose containers run one after the other: all but the last are initial ones.
func (b *builder) steps(steps [][]string, j *Job) (*corev1.PodSpecArgs, error) {
	spec := b.pod()
	if err := b.addFiles(spec, j); err != nil {
		return nil, err
	}
	spec.RestartPolicy = pulumi.String("Never") // pods that failed are left to be looked at
	spec.TopologySpreadConstraints = nil
	first, _ := spec.InitContainers.(corev1.ContainerArray)
	program, _ := spec.Containers.(corev1.ContainerArray)[0].(*corev1.ContainerArgs)
	program.StartupProbe, program.ReadinessProbe, program.LivenessProbe, program.Lifecycle, program.Ports = nil, nil, nil, nil, nil
	for i, command := range steps {
		step := *program
		step.Name, step.Command = pulumi.String("step-"+strconv.Itoa(i+1)), pulumi.ToStringArray(command)
		if i == len(steps)-1 {
			spec.Containers = corev1.ContainerArray{&step}
			break
		}
		first = append(first, &step)
	}
	spec.InitContainers = first
	return spec, nil
}
