package tenant

import (
	"context"
	"errors"
	"fmt"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Resume lets a tenant work as its tier says. One that stores more than that stays read-only whatever its state is, so that
// is refused. With cleanUp such a tenant may log in and free space for a while.
func (t *Tenants) Resume(ctx context.Context, tenant string, cleanUp bool) (*Report, error) {
	applied, err := t.applied(ctx, tenant)
	if err != nil {
		return nil, err
	}
	refusal, err := t.refusesToResume(ctx, tenant, applied, cleanUp)
	switch {
	case err != nil:
		return nil, err
	case refusal != "" && !t.DryRun:
		return nil, errors.New(refusal)
	}
	report, err := t.setState(ctx, tenant, api.StateActive)
	if err != nil {
		return nil, err
	}
	if applied != nil {
		report.Was = applied.Hold
	}
	report.Refusal = refusal
	if !cleanUp || t.DryRun {
		return report, nil
	}
	response, err := t.call(ctx, api.Request{Action: api.ActionCleanUp, Tenant: tenant})
	if err != nil {
		return nil, err
	}
	report.take(*response.Tenant)
	return report, nil
}

// refusesToResume says why a tenant would not be resumed; nothing: it would.
func (t *Tenants) refusesToResume(ctx context.Context, tenant string, applied *api.Tenant, cleanUp bool) (string, error) {
	switch {
	case applied == nil:
		return "", nil
	case applied.State == api.StateActive && applied.Held().State != "":
		//page:tenant-suspension-and-resume
		return fmt.Sprintf("tenant %s is %s by %s, and not by a person: %s", tenant, applied.Held().State, applied.Held().By, t.letGo(*applied)), nil
	case cleanUp && !applied.OverStorage:
		return fmt.Sprintf("tenant %s is not over its storage: %s, without --clean-up", tenant, t.command("resume "+tenant)), nil
	case cleanUp || !applied.OverStorage:
		return "", nil
	}
	response, err := t.call(ctx, api.Request{Action: api.ActionShow, Tenant: tenant})
	if err != nil || response.Tenant == nil || !response.Tenant.ExceedsStorage {
		return "", err // it has freed space, and may write as soon as it is applied again
	}
	//page:tenant-over-limit
	return fmt.Sprintf("tenant %s stays read-only: it stores %d MiB of %d MiB, or too many objects: %s", tenant,
		response.Tenant.SizeBytes>>20, response.Tenant.Limits.StorageMiB, t.freeing(tenant)), nil
}

// freeing are the ways out of a limit of storage.
func (t *Tenants) freeing(tenant string) string {
	return fmt.Sprintf("%s lets it free space for 24 hours, %s gives it more (runbooks/tenant-over-limit.md)",
		t.command("resume "+tenant+" --clean-up"), t.command("tier "+tenant+" <tier>"))
}

// letGo says what ends the hold on a tenant.
func (t *Tenants) letGo(tenant api.Tenant) string {
	if tenant.Held().By == api.HolderBilling {
		//page:billing-dispute
		return "an hour after its overdue invoice is paid, or void in Stripe, it works again (runbooks/billing-dispute.md)"
	}
	//page:budget-100
	return fmt.Sprintf("`platform breaker override %s --env %s` lets it work until a time, %s allows it more (docs/breaker.md)",
		tenant.Slug, t.Environment.Name(), t.command("tier "+tenant.Slug+" <tier>"))
}

// wayOut says what lets a tenant do all that its tier allows; empty where nothing keeps it from that.
func (t *Tenants) wayOut(tenant api.Tenant) string {
	switch {
	case tenant.Reason == "":
		return ""
	case tenant.State == api.StateActive && tenant.Held().State != "":
		return t.letGo(tenant)
	case tenant.OverStorage:
		return t.freeing(tenant.Slug)
	case tenant.State == api.StateActive: // the reason names the archive that is being restored into it
		return t.command("restore " + tenant.Slug + " --archive <the same> --newest")
	default:
		return t.command("resume " + tenant.Slug)
	}
}
