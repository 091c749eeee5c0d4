package provisioner

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// makeSweep calls the function every minute, to enforce the limits that PostgreSQL does not.
func (b *builder) makeSweep(function *lambda.Function) error {
	name, parent := b.name+"-sweep", pulumi.Parent(b.parent)
	rule, err := cloudwatch.NewEventRule(b.ctx, name, &cloudwatch.EventRuleArgs{
		Description:        pulumi.String("Enforces the tenants' limits"),
		ScheduleExpression: pulumi.String("rate(1 minute)"),
	}, parent)
	if err != nil {
		return fmt.Errorf("create schedule of the sweep: %w", err)
	}
	_, err = lambda.NewPermission(b.ctx, name, &lambda.PermissionArgs{
		Action: pulumi.String("lambda:InvokeFunction"), Function: function.Name,
		Principal: pulumi.String("events.amazonaws.com"), SourceArn: rule.Arn,
	}, parent)
	if err != nil {
		return fmt.Errorf("let the schedule call the function: %w", err)
	}
	request, err := json.Marshal(api.Request{Action: api.ActionSweep})
	if err != nil {
		return fmt.Errorf("encode the sweep: %w", err)
	}
	_, err = cloudwatch.NewEventTarget(b.ctx, name, &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: function.Arn, Input: pulumi.String(request),
	}, parent)
	if err != nil {
		return fmt.Errorf("create target of the sweep: %w", err)
	}
	_, err = lambda.NewFunctionEventInvokeConfig(b.ctx, name, &lambda.FunctionEventInvokeConfigArgs{
		FunctionName: function.Name,
		// The next minute's sweep does what a failed one did not: repeating it would only pile up.
		MaximumRetryAttempts: pulumi.Int(0), MaximumEventAgeInSeconds: pulumi.Int(maxEventAge),
	}, parent)
	if err != nil {
		return fmt.Errorf("keep failed sweeps from being repeated: %w", err)
	}
	return nil
}

// maxEventAge is the least that Lambda takes.
const maxEventAge = 60

// makeAlarms calls for help when sweeps fail, and when calls are turned away because too many run. Other calls tell their
// failure to whoever made them; the sweep is the only one that nobody waits for, and is dropped when it fails.
func (b *builder) makeAlarms(function pulumi.StringOutput) error {
	for _, a := range []struct{ suffix, metric, description string }{
		{"sweep", "AsyncEventsDropped", "The sweep of the provisioner of tenants fails: storage and statement time are not enforced. Look into its log group first."},
		{"throttles", "Throttles", "Calls of the provisioner of tenants are turned away: more run at once than reservedConcurrency allows."},
	} {
		_, err := alarm.New(b.ctx, b.name+"-"+a.suffix, &alarm.Args{
			Description: a.description,
			Metric: alarm.Metric{
				Namespace: "AWS/Lambda", Name: a.metric, Statistic: "Sum",
				Dimensions: pulumi.StringMap{"FunctionName": function},
			},
			Bound: alarm.Above, Threshold: 0, Minutes: 5, TopicARN: b.args.AlarmTopicARN,
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("create alarm of %s: %w", a.suffix, err)
		}
	}
	return nil
}
