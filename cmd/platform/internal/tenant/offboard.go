package tenant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Offboard removes a tenant and all that it owns. The provisioner refuses unless a verified archive holds what the
// tenant's schema does; with archive, one is made first. A tenant that does not exist is a *MissingError.
func (t *Tenants) Offboard(ctx context.Context, tenant string, archive bool) (*Report, error) {
	began := time.Now()
	report := &Report{Record: Record{Environment: t.Environment.Name(), Tenant: tenant}, DryRun: t.DryRun,
		Changes: map[progress.Action]int{}, Warnings: []string{}}
	stack, err := t.Environment.Open(ctx, slug.StackName(t.Environment.Name(), tenant), false)
	if errors.Is(err, ErrNoStack) {
		return nil, t.noneLeft(ctx, tenant)
	}
	if err != nil {
		return nil, err
	}
	defer stack.Close()
	resources, err := stack.Resources(ctx)
	if err != nil {
		return nil, err
	}
	if record, whole := readRecord(engine.OutputsOf(resources)); whole {
		report.Record = record
	}
	if t.DryRun {
		report.Changes = owned(resources)
		report.Refusal, err = t.refusesToDelete(ctx, tenant)
		return report, err
	}
	if archive {
		_, err := t.Archive(ctx, tenant)
		if missing := (*MissingError)(nil); err != nil && !errors.As(err, &missing) { // partially created: the database has nothing of it
			return nil, err
		}
	}
	last, err := t.Environment.Follow(func(observer progress.Observer) error { return stack.Destroy(ctx, observer) })
	if err != nil {
		return nil, err
	}
	report.Changes = last.Changes
	report.Warnings = append(report.Warnings, t.removeOrphans(ctx, tenant, nil)...)
	report.DurationSeconds = time.Since(began).Seconds()
	return report, nil
}

// noneLeft says what is wrong with a tenant without a stack: the database has it still, or there is none.
func (t *Tenants) noneLeft(ctx context.Context, tenant string) error {
	applied, err := t.applied(ctx, tenant)
	if err != nil {
		return err
	}
	if applied == nil {
		return t.missing(ctx, tenant)
	}
	//page:tenant-offboarding
	return fmt.Errorf("tenant %s of %s is in the database and its stack is gone: %s recreates that, then offboard it", tenant,
		t.Environment.Name(), t.command("create "+tenant+" --tier "+applied.Tier))
}

// refusesToDelete asks the provisioner why it would not delete a tenant; nothing: it would.
func (t *Tenants) refusesToDelete(ctx context.Context, tenant string) (string, error) {
	_, err := t.callToEnd(ctx, api.Request{Action: api.ActionDelete, Tenant: tenant, DryRun: true}, func(api.Progress) {})
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused.Cause, nil
	}
	return "", err
}

// owned counts what would be deleted, as the engine counts: its own resources, such as providers, are none.
func owned(resources []apitype.ResourceV3) map[progress.Action]int {
	changes := map[progress.Action]int{}
	for _, r := range resources {
		if r.Custom && !r.External && !strings.HasPrefix(string(r.Type), "pulumi:") {
			changes[progress.Delete]++
		}
	}
	return changes
}
