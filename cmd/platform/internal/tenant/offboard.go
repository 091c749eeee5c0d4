package tenant

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Offboard removes a tenant and all that it owns. The provisioner refuses unless a verified archive holds what the
// tenant's schema does; with archive, one is made first. A tenant that does not exist is none to remove.
func (t *Tenants) Offboard(ctx context.Context, tenant string, archive bool) (*Report, error) {
	began := time.Now()
	stack, err := t.open(ctx, tenant, false)
	var missing *MissingError
	if errors.As(err, &missing) {
		return &Report{Record: Record{Environment: t.Environment.Name(), Tenant: tenant}, DryRun: t.DryRun}, nil
	}
	if err != nil {
		return nil, err
	}
	defer stack.Close()
	outputs, err := stack.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	record, whole := readRecord(outputs)
	if !whole {
		record = Record{Environment: t.Environment.Name(), Tenant: tenant}
	}
	report := &Report{Record: record, DryRun: t.DryRun}
	if t.DryRun {
		report.Changes, err = owned(ctx, stack)
		return report, err
	}
	if archive && whole {
		if _, err := t.Archive(ctx, tenant); err != nil {
			return nil, err
		}
	}
	last, err := t.Environment.Follow(func(observe func(apitype.EngineEvent)) error { return stack.Destroy(ctx, observe) })
	if err != nil {
		return nil, err
	}
	report.Changes = last.Changes
	report.DurationSeconds = time.Since(began).Seconds()
	return report, nil
}

// owned counts what would be deleted, as the engine counts: its own resources, such as providers, are none.
func owned(ctx context.Context, stack *Opened) (map[apitype.OpType]int, error) {
	resources, err := stack.Resources(ctx)
	if err != nil {
		return nil, err
	}
	changes := map[apitype.OpType]int{}
	for _, r := range resources {
		if r.Custom && !r.External && !strings.HasPrefix(string(r.Type), "pulumi:") {
			changes[apitype.OpDelete]++
		}
	}
	return changes, nil
}
