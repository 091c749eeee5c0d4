package runner_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/runner"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	physical   = "platform-test-us-east-1-runner"
	connection = "arn:aws:codeconnections:us-east-1:" + pulumitest.Account + ":connection/01234567-89ab-cdef-0123-456789abcdef"
)

func record(t *testing.T, args *runner.RunnerArgs) (*pulumitest.Recorder, map[string]pulumitest.Output) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		made, err := runner.NewRunner(ctx, "runner", args)
		if err != nil {
			return err
		}
		outputs = pulumitest.Outputs(t, ctx, made)
		return nil
	})
	return r, outputs
}

// good are the arguments that have no default.
func good() *runner.RunnerArgs {
	return &runner.RunnerArgs{
		Environment: "test", Region: "us-east-1", AccountID: pulumitest.Account,
		Repository: "genericcorp/platform", ConnectionARN: connection, Workflows: []string{"deploy", "drift"},
		VpcID: pulumi.String("vpc"), PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}), APISecurityGroupID: pulumi.String("sg-api"),
		LogKeyARN: pulumi.String("key-logs"), AlarmTopicARN: pulumi.String("topic"),
	}
}

// checks hold for a runner that says nothing about itself. Together they watch all that it consists of.
var checks = []pulumitest.Check{checkProject, checkWebhook, checkRole, checkNetwork, checkLogs, checkAlarm, checkConventions}

func TestJobsRunInsideTheVPCAndOpenNothing(t *testing.T) {
	t.Parallel()
	r, outputs := record(t, good())
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * description", "* * tags.Name", "MetricAlarm * alarmDescription")
	require.Equal(t, pulumitest.Output{Value: "codebuild-" + physical, Known: true}, outputs["Label"])
	require.Equal(t, "runner-id", fmt.Sprint(outputs["SecurityGroupID"].Value))
}

func checkConventions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireProtected(t)
	r.RequireBelow(t, "genericcorp:runner:Runner")
	r.RequireNamesFit(t)
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "runner"})
}

func checkProject(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	project := r.One(t, "aws:codebuild/project:Project", "runner")
	for input, want := range map[string]any{
		"name": physical, "concurrentBuildLimit": 2.0, "buildTimeout": 240.0, "queuedTimeout": 60.0,
		"serviceRole": "arn:aws:iam:us-east-1:" + pulumitest.Account + ":runner",
		"artifacts":   map[string]any{"type": "NO_ARTIFACTS"},
		"environment": map[string]any{
			"computeType": "BUILD_GENERAL1_SMALL", "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0", "type": "LINUX_CONTAINER",
		},
		"source": map[string]any{
			"type": "GITHUB", "location": "https://github.com/genericcorp/platform.git",
			"auth": map[string]any{"type": "CODECONNECTIONS", "resource": connection},
		},
		"logsConfig": map[string]any{"cloudwatchLogs": map[string]any{"groupName": "/aws/codebuild/" + physical}},
		"vpcConfig":  map[string]any{"vpcId": "vpc", "subnets": []any{"subnet-a", "subnet-b"}, "securityGroupIds": []any{"runner-id"}},
	} {
		require.Equal(t, want, project.Value(t, input), input)
	}
}

func checkWebhook(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	hook := r.One(t, "aws:codebuild/webhook:Webhook", "runner")
	require.Equal(t, []any{physical, "BUILD"}, []any{hook.Value(t, "projectName"), hook.Value(t, "buildType")})
	require.Equal(t, []any{map[string]any{"filters": []any{
		map[string]any{"type": "EVENT", "pattern": "WORKFLOW_JOB_QUEUED"},
		map[string]any{"type": "WORKFLOW_NAME", "pattern": "^(deploy|drift)$"},
	}}}, hook.Value(t, "filterGroups"))
}

func checkRole(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["codebuild.amazonaws.com"]},
		"Condition": {"StringEquals": {"aws:SourceArn": ["arn:aws:codebuild:us-east-1:`+pulumitest.Account+`:project/`+physical+`"]}}}]}`,
		fmt.Sprint(r.One(t, "aws:iam/role:Role", "runner").Value(t, "assumeRolePolicy")))
	policy := r.One(t, "aws:iam/rolePolicy:RolePolicy", "runner")
	require.Equal(t, "runner", policy.Value(t, "role"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Log", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
			"Resource": ["arn:aws:logs:us-east-1:`+pulumitest.Account+`:log-group:/aws/codebuild/`+physical+`:*"]},
		{"Sid": "JoinNetwork", "Effect": "Allow", "Action": ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeDhcpOptions",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"], "Resource": ["*"]},
		{"Sid": "GiveTheInterfaceToCodeBuild", "Effect": "Allow", "Action": ["ec2:CreateNetworkInterfacePermission"],
			"Resource": ["arn:aws:ec2:us-east-1:`+pulumitest.Account+`:network-interface/*"],
			"Condition": {"StringEquals": {"ec2:AuthorizedService": ["codebuild.amazonaws.com"]}}},
		{"Sid": "AskGitHubForJobs", "Effect": "Allow", "Action": ["codeconnections:GetConnection", "codeconnections:GetConnectionToken"],
			"Resource": ["`+connection+`"]}]}`, fmt.Sprint(policy.Value(t, "policy")))
}

func checkNetwork(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	group := r.One(t, "aws:ec2/securityGroup:SecurityGroup", "runner")
	require.Equal(t, "vpc", group.Value(t, "vpcId"))
	require.False(t, group.Has("ingress"), "nobody reaches the jobs")
	out := r.One(t, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "runner-to-internet")
	in := r.One(t, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "runner-to-api")
	require.Equal(t, []any{"runner-id", "0.0.0.0/0"}, []any{out.Value(t, "securityGroupId"), out.Value(t, "cidrIpv4")})
	require.Equal(t, []any{"sg-api", "runner-id"}, []any{in.Value(t, "securityGroupId"), in.Value(t, "referencedSecurityGroupId")})
	for _, rule := range []pulumitest.Resource{out, in} {
		require.Equal(t, []any{"tcp", 443.0, 443.0}, []any{rule.Value(t, "ipProtocol"), rule.Value(t, "fromPort"), rule.Value(t, "toPort")})
	}
}

func checkLogs(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	group := r.One(t, "aws:cloudwatch/logGroup:LogGroup", "runner")
	require.Equal(t, []any{"/aws/codebuild/" + physical, 90.0, "key-logs"},
		[]any{group.Value(t, "name"), group.Value(t, "retentionInDays"), group.Value(t, "kmsKeyId")})
}

func checkAlarm(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	alarm := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "runner-failed")
	for input, want := range map[string]any{
		"namespace": "AWS/CodeBuild", "metricName": "FailedBuilds", "statistic": "Sum", "dimensions": map[string]any{"ProjectName": physical},
		"comparisonOperator": "GreaterThanThreshold", "threshold": 0.0, "period": 300.0, "evaluationPeriods": 1.0,
		"treatMissingData": "notBreaching", "alarmActions": []any{"topic"}, "okActions": []any{"topic"},
	} {
		require.Equal(t, want, alarm.Value(t, input), input)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	args := good()
	args.Concurrency, args.TimeoutMinutes, args.LogRetentionDays = 5, 30, 7
	r, _ := record(t, args)
	project := r.One(t, "aws:codebuild/project:Project", "runner")
	require.Equal(t, []any{5.0, 30.0}, []any{project.Value(t, "concurrentBuildLimit"), project.Value(t, "buildTimeout")})
	require.Equal(t, 7.0, r.One(t, "aws:cloudwatch/logGroup:LogGroup", "runner").Value(t, "retentionInDays"))
}

func TestEveryMistakeIsNamed(t *testing.T) {
	t.Parallel()
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := runner.NewRunner(ctx, "runner", &runner.RunnerArgs{
			Environment: "test", Region: "us-east-1", AccountID: pulumitest.Account, Repository: "platform",
			ConnectionARN: "arn:aws:codeconnections:eu-west-1:" + pulumitest.Account + ":connection/01234567-89ab-cdef-0123-456789abcdef",
			Workflows:     []string{"deploy|x"}, Concurrency: 21, TimeoutMinutes: 1, LogRetentionDays: 2,
		})
		return err
	})
	require.Empty(t, r.OfType("aws:codebuild/project:Project"))
	for _, want := range []string{
		`repository: got "platform", expected "owner/name" as GitHub spells it`,
		`expected a connection of the account ` + pulumitest.Account + ` in us-east-1`,
		`workflows[0]: got "deploy|x", expected a workflow's name`,
		`concurrency: got 21, expected 1 to 20`,
		`timeoutMinutes: got 1, expected 5 to 480`,
		`logRetentionDays: got 2`,
		`vpcId: `, `privateSubnetIds: `, `apiSecurityGroupId: `, `logKeyArn: `, `alarmTopicArn: `,
	} {
		require.ErrorContains(t, err, want)
	}
}
