// Package runner makes a place inside the VPC where jobs of GitHub Actions run: AWS CodeBuild as a self-hosted runner, a fresh
// container for each job, paid by the minute. The cluster's API is private; beside the nodes only these jobs reach it.
//
// The container's own role may write its log, join the network and ask GitHub for a job. What a job may do in AWS comes from the
// role that it takes by its token of GitHub, as on GitHub's own runners, and in the cluster from that role's access entry.
package runner

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
)

// Runner is where jobs run.
type Runner struct {
	pulumi.ResourceState

	// Label is what a job's runs-on begins with; "-", the run's id, "-" and its attempt follow.
	Label           pulumi.StringOutput
	SecurityGroupID pulumi.StringOutput
}

// Name is the project's name, which is fixed because the workflows name it.
func Name(environment, region string) string {
	return naming.Join(naming.MaxCodeBuildProject, "platform", environment, region, "runner")
}

// Label is what the jobs' runs-on begins with. Source: AWS CodeBuild User Guide, "Label overrides supported with the
// CodeBuild-hosted GitHub Actions runner", 2026-11.
func Label(environment, region string) string { return "codebuild-" + Name(environment, region) }

// The container: the platform's programs are built for x86_64 on GitHub's own runners, and two processors with 3 GiB are enough for
// the engine and its plugins. Source: AWS CodeBuild User Guide, "Build environment compute modes and types" and "Docker images
// provided by CodeBuild", 2026-11.
const (
	computeType = "BUILD_GENERAL1_SMALL"
	image       = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
	machine     = "LINUX_CONTAINER"
)

// queueMinutes is how long a job waits for its turn.
const queueMinutes = 60

// builder carries what the parts of a runner share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   RunnerArgs
	parent *Runner
}

// NewRunner makes a runner. All problems of args are reported at once.
func NewRunner(ctx *pulumi.Context, name string, args *RunnerArgs, opts ...pulumi.ResourceOption) (*Runner, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	r := &Runner{}
	err := ctx.RegisterComponentResourceV2("genericcorp:runner:Runner", name, full.inputs(), r, append(opts, tagging.Component("runner"))...)
	if err != nil {
		return nil, fmt.Errorf("register runner %q: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: full, parent: r}
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("runner %q: %w", name, err)
	}
	r.Label = pulumi.String(Label(full.Environment, full.Region)).ToStringOutput()
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"label": r.Label, "securityGroupId": r.SecurityGroupID})
}

func (b *builder) build() error {
	if err := b.makeSecurityGroup(); err != nil {
		return err
	}
	// The group must exist, encrypted, before CodeBuild would make it by the project's name.
	logs, err := loggroup.New(b.ctx, b.name, &loggroup.Args{
		Name: "/aws/codebuild/" + b.physical(), RetentionDays: b.args.LogRetentionDays, KeyARN: b.args.LogKeyARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create log group: %w", err)
	}
	role, permissions, err := b.makeRole(logs.Arn)
	if err != nil {
		return err
	}
	project, err := b.makeProject(role, logs.Name, pulumi.DependsOn([]pulumi.Resource{permissions}))
	if err != nil {
		return err
	}
	if err := b.makeWebhook(project); err != nil {
		return err
	}
	return b.makeAlarm(project)
}

func (b *builder) physical() string { return Name(b.args.Environment, b.args.Region) }

func (b *builder) makeProject(role *iam.Role, logGroup pulumi.StringOutput, opts ...pulumi.ResourceOption) (*codebuild.Project, error) {
	project, err := codebuild.NewProject(b.ctx, b.name, &codebuild.ProjectArgs{
		Name:                 pulumi.String(b.physical()),
		Description:          pulumi.String("Jobs of GitHub Actions that reach the cluster's private API"),
		ServiceRole:          role.Arn,
		ConcurrentBuildLimit: pulumi.Int(b.args.Concurrency),
		BuildTimeout:         pulumi.Int(b.args.TimeoutMinutes),
		QueuedTimeout:        pulumi.Int(queueMinutes),
		Artifacts:            &codebuild.ProjectArtifactsArgs{Type: pulumi.String("NO_ARTIFACTS")},
		Environment: &codebuild.ProjectEnvironmentArgs{
			ComputeType: pulumi.String(computeType), Image: pulumi.String(image), Type: pulumi.String(machine),
		},
		Source: &codebuild.ProjectSourceArgs{
			Type:     pulumi.String("GITHUB"),
			Location: pulumi.String("https://github.com/" + b.args.Repository + ".git"),
			Auth: &codebuild.ProjectSourceAuthArgs{
				Type: pulumi.String("CODECONNECTIONS"), Resource: pulumi.String(b.args.ConnectionARN),
			},
		},
		LogsConfig: &codebuild.ProjectLogsConfigArgs{
			CloudwatchLogs: &codebuild.ProjectLogsConfigCloudwatchLogsArgs{GroupName: logGroup},
		},
		VpcConfig: &codebuild.ProjectVpcConfigArgs{
			VpcId:            b.args.VpcID,
			Subnets:          b.args.PrivateSubnetIDs,
			SecurityGroupIds: pulumi.StringArray{b.parent.SecurityGroupID},
		},
	}, append(opts, pulumi.Parent(b.parent))...)
	if err != nil {
		return nil, fmt.Errorf("create project: %w", err)
	}
	return project, nil
}

// makeWebhook has GitHub tell CodeBuild of each job that waits for a runner.
func (b *builder) makeWebhook(project *codebuild.Project) error {
	_, err := codebuild.NewWebhook(b.ctx, b.name, &codebuild.WebhookArgs{
		ProjectName: project.Name,
		BuildType:   pulumi.String("BUILD"),
		FilterGroups: codebuild.WebhookFilterGroupArray{&codebuild.WebhookFilterGroupArgs{Filters: codebuild.WebhookFilterGroupFilterArray{
			&codebuild.WebhookFilterGroupFilterArgs{Type: pulumi.String("EVENT"), Pattern: pulumi.String("WORKFLOW_JOB_QUEUED")},
			&codebuild.WebhookFilterGroupFilterArgs{
				Type: pulumi.String("WORKFLOW_NAME"), Pattern: pulumi.String("^(" + strings.Join(b.args.Workflows, "|") + ")$"),
			},
		}}},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create webhook: %w", err)
	}
	return nil
}

// makeAlarm tells of containers that failed. GitHub does not: a job whose runner never came waits there for a day. A job that
// fails by itself is none of them.
func (b *builder) makeAlarm(project *codebuild.Project) error {
	_, err := alarm.New(b.ctx, b.name+"-failed", &alarm.Args{
		Description: "A runner of GitHub Actions inside the VPC failed. A job that waits for it waits until GitHub gives up, after a day.",
		Page:        "failed-or-stuck-deploy",
		Metric: alarm.Metric{
			Kind: alarm.Events, Namespace: "AWS/CodeBuild", Name: "FailedBuilds", Statistic: "Sum",
			Dimensions: pulumi.StringMap{"ProjectName": project.Name},
		},
		Bound: alarm.Above, Threshold: 0, Minutes: 5, TopicARN: b.args.AlarmTopicARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create alarm: %w", err)
	}
	return nil
}
