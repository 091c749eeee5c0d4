// Package client asks an environment's provisioner, as other services do: by its Lambda function.
package client

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Lambda is what is needed of AWS's client.
type Lambda interface {
	Invoke(ctx context.Context, in *lambda.InvokeInput, options ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// Client asks one provisioner.
type Client struct {
	Lambda   Lambda
	Function string // its name
}

// Do asks once. An error of the provisioner keeps its code.
func (c *Client) Do(ctx context.Context, request api.Request) (api.Response, error) {
	payload, err := json.Marshal(request)
	if err != nil {
		return api.Response{}, fmt.Errorf("ask the provisioner: %w", err)
	}
	result, err := c.Lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &c.Function, Payload: payload})
	if err != nil {
		return api.Response{}, fmt.Errorf("ask the provisioner %s to %s: %w", c.Function, request.Action, err)
	}
	if result.FunctionError != nil {
		return api.Response{}, refusal(request.Action, result.Payload)
	}
	var response api.Response
	if err := json.Unmarshal(result.Payload, &response); err != nil {
		return api.Response{}, fmt.Errorf("read the provisioner's response: %w", err)
	}
	return response, nil
}

// refusal is the error of a call that failed in the provisioner.
func refusal(action api.Action, payload []byte) error {
	var failure struct {
		Message string   `json:"errorMessage"`
		Type    api.Code `json:"errorType"`
	}
	if json.Unmarshal(payload, &failure) != nil || failure.Message == "" {
		failure.Message = string(payload)
	}
	return fmt.Errorf("the provisioner could not %s: %w", action, &api.Error{Code: failure.Type, Message: failure.Message})
}
