// Package aws calls the environment's provisioner.
package aws

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Provisioner is the provisioner's function.
type Provisioner struct {
	Client *lambda.Client
	Name   string
}

// Ask has it answer one request.
func (p *Provisioner) Ask(ctx context.Context, request api.Request) (response api.Response, err error) {
	payload, err := json.Marshal(request)
	if err != nil {
		return response, fmt.Errorf("ask the provisioner: %w", err)
	}
	result, err := p.Client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(p.Name), Payload: payload})
	if err != nil {
		return response, fmt.Errorf("ask the provisioner to %s: %w", request.Action, err)
	}
	if result.FunctionError != nil {
		var failure struct{ ErrorMessage string }
		if json.Unmarshal(result.Payload, &failure) != nil || failure.ErrorMessage == "" {
			failure.ErrorMessage = aws.ToString(result.FunctionError)
		}
		//page:provisioner-trouble
		return response, fmt.Errorf("the provisioner could not %s: %s", request.Action, failure.ErrorMessage)
	}
	if err := json.Unmarshal(result.Payload, &response); err != nil {
		return response, fmt.Errorf("read the provisioner's response: %w", err)
	}
	return response, nil
}
