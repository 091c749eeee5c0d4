package tenant

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	billing "github.com/genericcorp/platform/services/billing/api"
)

// Billing is how the platform and Stripe stand.
type Billing struct {
	Environment string `json:"environment"`
	billing.Status
}

// Billing has the environment's billing answer one request.
func (t *Tenants) Billing(ctx context.Context, action billing.Action) (*Billing, error) {
	config, err := t.aws(ctx) // which reads the outputs
	if err != nil {
		return nil, err
	}
	name, _ := t.outputs["billingFunctionName"].(string)
	if name == "" {
		//page:none the message says what to do
		return nil, fmt.Errorf("environment %s has no billing: its settings have no billing.mode, or were not deployed since (docs/billing.md)", t.Environment.Name())
	}
	payload, err := json.Marshal(billing.Request{Action: action})
	if err != nil {
		return nil, fmt.Errorf("ask billing: %w", err)
	}
	// Asked once: a run whose response was lost may still be at work.
	client := lambda.NewFromConfig(config, func(o *lambda.Options) { o.Retryer = aws.NopRetryer{} })
	result, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(name), Payload: payload})
	if ctx.Err() != nil {
		//page:none the message says what to do
		return nil, fmt.Errorf("%w: billing goes on by itself, and the same command does no harm", context.Cause(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("ask billing %s to %s: %w", name, action, err)
	}
	if result.FunctionError != nil {
		return nil, billingFailed(action, result.Payload)
	}
	told := &Billing{Environment: t.Environment.Name()}
	if err := json.Unmarshal(result.Payload, &told.Status); err != nil {
		return nil, fmt.Errorf("read billing's response: %w", err)
	}
	return told, nil
}

// billingFailed is the error of a call that failed in the function.
func billingFailed(action billing.Action, payload []byte) error {
	var failure struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal(payload, &failure) != nil || failure.Message == "" {
		failure.Message = string(payload)
	}
	//page:billing-trouble
	return fmt.Errorf("billing could not %s: %s", action, failure.Message)
}
