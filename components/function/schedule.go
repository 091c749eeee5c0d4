package function

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Schedule calls a function again and again.
type Schedule struct {
	Name        string // suffix of the resources' names: "sweep"
	Description string // what it is for
	Expression  string // "rate(1 minute)"
	Request     any    // what the function is called with, encoded as JSON
	Dropped     string // the alarm's text: what it means when calls fail, and what to look at first
}

// maxEventAge is the least that Lambda takes, in seconds.
const maxEventAge = 60

// start has the schedule, and no other, call the function.
func (s *Schedule) start(ctx *pulumi.Context, prefix string, function *lambda.Function, opts ...pulumi.ResourceOption) error {
	name := prefix + "-" + s.Name
	rule, err := cloudwatch.NewEventRule(ctx, name, &cloudwatch.EventRuleArgs{
		Description: pulumi.String(s.Description), ScheduleExpression: pulumi.String(s.Expression),
	}, opts...)
	if err != nil {
		return fmt.Errorf("create schedule %s: %w", name, err)
	}
	_, err = lambda.NewPermission(ctx, name, &lambda.PermissionArgs{
		Action: pulumi.String("lambda:InvokeFunction"), Function: function.Name,
		Principal: pulumi.String("events.amazonaws.com"), SourceArn: rule.Arn,
	}, opts...)
	if err != nil {
		return fmt.Errorf("let schedule %s call the function: %w", name, err)
	}
	request, err := json.Marshal(s.Request)
	if err != nil {
		return fmt.Errorf("encode the request of schedule %s: %w", name, err)
	}
	_, err = cloudwatch.NewEventTarget(ctx, name, &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: function.Arn, Input: pulumi.String(request),
	}, opts...)
	if err != nil {
		return fmt.Errorf("create target of schedule %s: %w", name, err)
	}
	_, err = lambda.NewFunctionEventInvokeConfig(ctx, name, &lambda.FunctionEventInvokeConfigArgs{
		FunctionName: function.Name,
		// The next call does what a failed one did not: repeating it would only pile up.
		MaximumRetryAttempts: pulumi.Int(0), MaximumEventAgeInSeconds: pulumi.Int(maxEventAge),
	}, opts...)
	if err != nil {
		return fmt.Errorf("keep failed calls of schedule %s from being repeated: %w", name, err)
	}
	return nil
}
