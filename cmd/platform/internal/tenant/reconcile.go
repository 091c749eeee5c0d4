package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// invocation is the resource by which a tenant's stack calls the provisioner.
const invocation = "aws:lambda/invocation:Invocation"

// reconcile makes the tenant what the report's record says, in the database and in all that it owns on AWS, and reports what it
// then is. It is the one path of every change:
//
//  1. A stricter state is enforced in the database at once. The engine looks at everything that the tenant owns, and a
//     suspension must neither wait for that nor fail with it.
//  2. The engine deploys the tenant's stack, and calls the provisioner when what it is to apply has changed.
//  3. An engine that found nothing changed has not called it. Then it is called here with the same, so that any change
//     repairs what was altered by hand in the database, or left half done by a run that failed.
func (t *Tenants) reconcile(ctx context.Context, stack *Opened, applied *api.Tenant, report *Report) error {
	suspended := t.suspendFirst(ctx, applied, report.State)
	report.Warnings = append(report.Warnings, t.clearTheWay(ctx, stack, report.Tenant)...)
	resources, err := t.deploy(ctx, stack, report)
	if err == nil && !suspended && t.hold.Why != "" {
		report.Warnings = append(report.Warnings, "the reason was not noted: repeat the command")
	}
	if err == nil && stack.partial {
		report.Warnings = append(report.Warnings, t.removeOrphans(ctx, report.Tenant, resources)...)
	}
	if err != nil && suspended {
		return fmt.Errorf("the database enforces that tenant %s is %s, and its stack does not say so yet: repeat the command: %w",
			report.Tenant, report.State, err)
	}
	return err
}

// suspendFirst enforces a stricter state in the database, and says whether it does. If it cannot, the deployment says why, or
// repairs it.
func (t *Tenants) suspendFirst(ctx context.Context, applied *api.Tenant, state api.State) bool {
	if applied == nil || state == api.StateActive || state == applied.State && t.hold.Why == "" {
		return false
	}
	_, err := t.call(ctx, api.Request{
		Action: api.ActionApply, Tenant: applied.Slug, Tier: applied.Tier, State: state, SecretARN: applied.SecretARN,
		Limits: applied.Limits, PasswordVersion: applied.PasswordVersion, Reason: t.hold.Why, By: t.hold.By,
	})
	return err == nil
}

// deploy deploys the tenant's stack and has the provisioner called, by the engine or else here.
func (t *Tenants) deploy(ctx context.Context, stack *Opened, report *Report) ([]apitype.ResourceV3, error) {
	last, err := t.Environment.Follow(func(observer progress.Observer) error { return stack.Up(ctx, t.operation(stack), observer) })
	if err != nil {
		return nil, err
	}
	resources, err := stack.Resources(ctx)
	if err != nil {
		return nil, err
	}
	response, err := t.readResult(ctx, resources, calledProvisioner(last))
	if err != nil {
		return nil, err
	}
	report.Record, _ = readRecord(engine.OutputsOf(resources))
	if response.Tenant != nil {
		report.take(*response.Tenant)
	}
	report.Changes, report.Warnings = last.Changes, append(report.Warnings, response.Warnings...)
	return resources, nil
}

// readResult is what the provisioner responded to the engine's call, or responds when it is called with the same here.
func (t *Tenants) readResult(ctx context.Context, resources []apitype.ResourceV3, called bool) (response api.Response, err error) {
	i := slices.IndexFunc(resources, func(r apitype.ResourceV3) bool { return r.Type == invocation && !r.Delete })
	if i < 0 {
		//page:failed-or-stuck-deploy
		return response, fmt.Errorf("read the tenant's stack: it has no %s", invocation)
	}
	if called {
		result, _ := resources[i].Outputs["result"].(string)
		if err := json.Unmarshal([]byte(result), &response); err != nil {
			return response, fmt.Errorf("read what the provisioner responded: %w", err)
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
