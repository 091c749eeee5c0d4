// Package function makes the Lambda function of a service: with its role, its log group, its place in the network, its
// schedule and its alarms.
package function

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/internal/artifact"
)

// Args says what a service's function is.
type Args struct {
	Settings // full: WithDefaults and Check are the service's component's to call, before it registers itself

	Service     string // the last part of the function's name: "provisioner"
	Title       string // what people call it: "provisioner of tenants"
	Description string
	Page        string // of runbooks/, which its alarms name
	MemoryMiB   int    // Lambda gives processor time by it
	Timeout     int    // in seconds, at most 900

	Variables   pulumi.StringMap      // of its environment; none may be a secret
	Permissions []policydoc.Statement // beside writing to its log group and joining the network
	Schedule    *Schedule             // nil: it runs when it is called
}

// runtime is that of programs that bring their own.
const runtime = "provided.al2023"

// New makes the function, and what must stand before it: its log group, so that Lambda makes none that is neither encrypted
// nor ever emptied, and its permissions.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*lambda.Function, error) {
	physical := Name(args.Environment, args.Region, args.Service)
	group, err := loggroup.New(ctx, name, &loggroup.Args{
		Name: "/aws/lambda/" + physical, RetentionDays: args.LogRetentionDays, KeyARN: args.LogKeyARN,
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("create log group: %w", err)
	}
	role, permissions, err := args.makeRole(ctx, name, group.Arn, opts...)
	if err != nil {
		return nil, err
	}
	made, err := lambda.NewFunction(ctx, name, &lambda.FunctionArgs{
		Name:                         pulumi.String(physical),
		Description:                  pulumi.String(args.Description),
		Runtime:                      pulumi.String(runtime),
		Handler:                      pulumi.String(artifact.Bootstrap),
		Architectures:                pulumi.StringArray{pulumi.String(args.Architecture)},
		Code:                         pulumi.NewFileArchive(args.Artifact),
		Role:                         role,
		MemorySize:                   pulumi.Int(args.MemoryMiB),
		Timeout:                      pulumi.Int(args.Timeout),
		ReservedConcurrentExecutions: pulumi.Int(args.ReservedConcurrency),
		Environment:                  &lambda.FunctionEnvironmentArgs{Variables: args.Variables},
		VpcConfig: &lambda.FunctionVpcConfigArgs{
			SubnetIds:        args.PrivateSubnetIDs,
			SecurityGroupIds: pulumi.StringArray{args.SecurityGroupID},
		},
	}, pulumi.Composite(opts...), pulumi.DependsOn([]pulumi.Resource{permissions, group}))
	if err != nil {
		return nil, fmt.Errorf("create function: %w", err)
	}
	if args.Schedule != nil {
		if err := args.Schedule.start(ctx, name, made, opts...); err != nil {
			return nil, err
		}
		if err := args.makeAlarm(ctx, name+"-"+args.Schedule.Name, made, "AsyncEventsDropped", args.Schedule.Dropped, opts...); err != nil {
			return nil, err
		}
	}
	return made, args.makeAlarm(ctx, name+"-throttles", made, "Throttles",
		"Calls of the "+args.Title+" are turned away: more run at once than reservedConcurrency allows.", opts...)
}

// makeAlarm calls for help when the function's metric is not zero. Calls tell their failure to whoever made them; those of
// the schedule are the only ones that nobody waits for, and are dropped when they fail.
func (a *Args) makeAlarm(ctx *pulumi.Context, name string, function *lambda.Function, metric, description string, opts ...pulumi.ResourceOption) error {
	_, err := alarm.New(ctx, name, &alarm.Args{
		Description: description,
		Page:        a.Page,
		Metric: alarm.Metric{
			Kind: alarm.Events, Namespace: "AWS/Lambda", Name: metric, Statistic: "Sum",
			Dimensions: pulumi.StringMap{"FunctionName": function.Name},
		},
		Bound: alarm.Above, Threshold: 0, Minutes: 5, TopicARN: a.AlarmTopicARN,
	}, opts...)
	if err != nil {
		return fmt.Errorf("create alarm %s: %w", name, err)
	}
	return nil
}
