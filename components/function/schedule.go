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
	Retries     int    // how often Lambda repeats a failed call, minutes later; 0: the next call does what it did not
	Dropped     string // the alarm's text: what it means when calls fail, and what to look at first
}

// How long Lambda tries, in seconds.
const (
	minEventAge   = 60   // the least that it takes
	retryEventAge = 3600 // where calls are repeated
)

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
	age := minEventAge
	if s.Retries > 0 {
		age = retryEventAge
	}
	_, err = lambda.NewFunctionEventInvokeConfig(ctx, name, &lambda.FunctionEventInvokeConfigArgs{
		FunctionName: function.Name, MaximumRetryAttempts: pulumi.Int(s.Retries), MaximumEventAgeInSeconds: pulumi.Int(age),
	}, opts...)
	if err != nil {
		return fmt.Errorf("set how failed calls of schedule %s are repeated: %w", name, err)
	}
	return nil
}
