package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// RefusedError is what the provisioner would not or could not do.
type RefusedError struct {
	Action api.Action
	Cause  string // in the provisioner's words
}

func (e *RefusedError) Error() string {
	//page:provisioner-trouble
	return fmt.Sprintf("the provisioner could not %s: %s", e.Action, e.Cause)
}

// Ask has the environment's provisioner answer one request.
func (t *Tenants) Ask(ctx context.Context, request api.Request) (api.Response, error) {
	return t.call(ctx, request)
}

// call asks the environment's provisioner.
func (t *Tenants) call(ctx context.Context, request api.Request) (api.Response, error) {
	var response api.Response
	name, err := t.output(ctx, "provisionerFunctionName")
	if err != nil {
		return response, err
	}
	result, err := t.invoke(ctx, name, request)
	var gone *types.ResourceNotFoundException
	switch {
	case errors.As(err, &gone):
		//page:failed-or-stuck-deploy
		return response, fmt.Errorf("environment %s has no provisioner %s: deploy it, with `platform up --stack %s`", t.Environment.Name(), name, t.Environment.Name())
	case err != nil && ctx.Err() != nil:
		//page:provisioner-trouble
		return response, fmt.Errorf("%w: the provisioner was asked to %s and ends that by itself, or what it has time for: the same command goes on", context.Cause(ctx), request.Action)
	case err != nil:
		return response, fmt.Errorf("ask the provisioner %s to %s: %w", name, request.Action, err)
	case result.FunctionError != nil:
		return response, t.refusal(request, result.Payload)
	}
	if err := json.Unmarshal(result.Payload, &response); err != nil {
		return response, fmt.Errorf("read the provisioner's response: %w", err)
	}
	return response, nil
}

// invoke calls a function of the environment, once: a call whose response was lost may still be at work.
func (t *Tenants) invoke(ctx context.Context, function string, request any) (*lambda.InvokeOutput, error) {
	config, err := t.aws(ctx)
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	client := lambda.NewFromConfig(config, func(o *lambda.Options) { o.Retryer = aws.NopRetryer{} })
	return client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(function), Payload: payload})
}

// callToEnd is call again and again, until the provisioner has had the time to do all. It tells how far it came.
func (t *Tenants) callToEnd(ctx context.Context, request api.Request, tell func(api.Progress)) (api.Response, error) {
	for {
		response, err := t.call(ctx, request)
		if err != nil || response.Unfinished == nil {
			return response, err
		}
		tell(*response.Unfinished)
	}
}

// refusal is the error of a call that failed in the provisioner.
func (t *Tenants) refusal(request api.Request, payload []byte) error {
	failure := failureOf(payload)
	if failure.Type == api.CodeNoTenant {
		return &MissingError{Tenant: request.Tenant, Environment: t.Environment.Name()}
	}
	return &RefusedError{Action: request.Action, Cause: failure.Message}
}

// failure is how a function says that it failed.
type failure struct {
	Message string   `json:"errorMessage"`
	Type    api.Code `json:"errorType"`
}

func failureOf(payload []byte) (f failure) {
	if json.Unmarshal(payload, &f) != nil || f.Message == "" {
		f.Message = string(payload)
	}
	return f
}
