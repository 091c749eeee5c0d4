package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/genericcorp/platform/components/schema/contract"
)

// Show tells all about one tenant: measured, with its archives and what differs from its record. Of one that is gone it
// tells the archives.
func (t *Tenants) Show(ctx context.Context, tenant string) (contract.Response, error) {
	return t.call(ctx, contract.Request{Action: contract.ActionShow, Tenant: tenant})
}

// Archive exports the tenant's data and verifies what was written.
func (t *Tenants) Archive(ctx context.Context, tenant string) (contract.Response, error) {
	return t.call(ctx, contract.Request{Action: contract.ActionArchive, Tenant: tenant})
}

// Restore brings an archive, of this or another tenant, back into the empty schema of a tenant.
func (t *Tenants) Restore(ctx context.Context, tenant, key string) (contract.Response, error) {
	return t.call(ctx, contract.Request{Action: contract.ActionRestore, Tenant: tenant, ArchiveKey: key})
}

// call asks the environment's provisioner.
func (t *Tenants) call(ctx context.Context, request contract.Request) (contract.Response, error) {
	var response contract.Response
	name, err := t.output(ctx, "provisionerFunctionName")
	if err != nil {
		return response, err
	}
	config, err := t.aws(ctx)
	if err != nil {
		return response, err
	}
	payload, err := json.Marshal(request)
	if err != nil {
		return response, fmt.Errorf("ask the provisioner: %w", err)
	}
	// Asked once: a call whose answer was lost may still be at work.
	client := lambda.NewFromConfig(config, func(o *lambda.Options) { o.Retryer = aws.NopRetryer{} })
	answer, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(name), Payload: payload})
	var gone *types.ResourceNotFoundException
	if errors.As(err, &gone) {
		return response, fmt.Errorf("environment %s has no provisioner %s: deploy it, with `platform up --stack %s`", t.Environment.Name(), name, t.Environment.Name())
	}
	if err != nil {
		return response, fmt.Errorf("ask the provisioner %s to %s: %w", name, request.Action, err)
	}
	if answer.FunctionError != nil {
		return response, t.refusal(request, answer.Payload)
	}
	if err := json.Unmarshal(answer.Payload, &response); err != nil {
		return response, fmt.Errorf("read the provisioner's answer: %w", err)
	}
	return response, nil
}

// refusal is the cause that a failed call tells.
func (t *Tenants) refusal(request contract.Request, payload []byte) error {
	var told struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal(payload, &told) != nil || told.Message == "" {
		told.Message = string(payload)
	}
	if strings.Contains(told.Message, contract.NoTenant) {
		return &MissingError{Tenant: request.Tenant, Environment: t.Environment.Name()}
	}
	return fmt.Errorf("the provisioner could not %s: %s", request.Action, told.Message)
}
