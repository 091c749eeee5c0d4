package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// invocation is the resource by which a tenant's stack calls the provisioner.
const invocation = "aws:lambda/invocation:Invocation"

// settle tells what the tenant is after a deployment, and what the provisioner said. An engine that found nothing to change
// has not called it: then it is called here, so that what was changed by hand in the database, or half done by a run that
// failed, is mended by any change.
func (t *Tenants) settle(ctx context.Context, resources []apitype.ResourceV3, last progress.Snapshot) (Record, []string, error) {
	record, _ := readRecord(outputsOf(resources))
	response, err := t.answered(ctx, resources, last)
	if err != nil {
		return record, nil, err
	}
	if response.Tenant != nil {
		record.take(*response.Tenant)
	}
	return record, response.Warnings, nil
}

// answered is what the provisioner said to the deployment, or says when it is asked the same here.
func (t *Tenants) answered(ctx context.Context, resources []apitype.ResourceV3, last progress.Snapshot) (response api.Response, err error) {
	i := slices.IndexFunc(resources, func(r apitype.ResourceV3) bool { return r.Type == invocation && !r.Delete })
	if i < 0 {
		return response, fmt.Errorf("read the tenant's stack: it has no %s", invocation)
	}
	if calledProvisioner(last) {
		result, _ := resources[i].Outputs["result"].(string)
		if err := json.Unmarshal([]byte(result), &response); err != nil {
			return response, fmt.Errorf("read what the provisioner answered: %w", err)
		}
		return response, nil
	}
	var request api.Request
	input, _ := resources[i].Inputs["input"].(string)
	if err := json.Unmarshal([]byte(input), &request); err != nil {
		return response, fmt.Errorf("read what the provisioner was asked: %w", err)
	}
	request.Action = api.ActionApply
	return t.call(ctx, request)
}

// calledProvisioner says whether a deployment made or changed the call.
func calledProvisioner(last progress.Snapshot) bool {
	return slices.ContainsFunc(last.Changed, func(s progress.Step) bool {
		return s.Type == invocation && (s.Action == progress.Create || s.Action == progress.Update)
	})
}

// brake has the database enforce a stricter state at once, before the engine begins: it waits for, and fails with, nothing
// else that the tenant owns.
func (t *Tenants) brake(ctx context.Context, applied api.Tenant, state api.State) error {
	_, err := t.call(ctx, api.Request{
		Action: api.ActionApply, Tenant: applied.Slug, Tier: applied.Tier, State: state, SecretARN: applied.SecretARN,
		Limits: applied.Limits, PasswordVersion: applied.PasswordVersion,
	})
	return err
}
