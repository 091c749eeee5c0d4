package tenant

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Archived is what an archive or a restore did. Of a dry run, the archive is what it would be.
type Archived struct {
	Environment     string       `json:"environment"`
	Tenant          string       `json:"tenant"`
	DryRun          bool         `json:"dryRun"`
	Archive         *api.Archive `json:"archive"`
	Warnings        []string     `json:"warnings"`
	DurationSeconds float64      `json:"durationSeconds"`
}

// Archive exports the tenant's data and verifies what was written.
func (t *Tenants) Archive(ctx context.Context, tenant string) (*Archived, error) {
	return t.ArchiveFrom(ctx, tenant, "")
}

// ArchiveFrom is Archive of what a server at that address holds, which was restored from the database's backups.
func (t *Tenants) ArchiveFrom(ctx context.Context, tenant, host string) (*Archived, error) {
	return t.archived(ctx, "archiving", api.Request{Action: api.ActionArchive, Tenant: tenant, Host: host})
}

// Restore brings an archive, of this or another tenant, back into the empty schema of a tenant.
func (t *Tenants) Restore(ctx context.Context, tenant string, choice Choice) (*Archived, error) {
	key, err := t.choose(ctx, tenant, choice)
	if err != nil {
		return nil, err
	}
	return t.archived(ctx, "restoring", api.Request{Action: api.ActionRestore, Tenant: tenant, ArchiveKey: key, Run: rand.Text()})
}

// archived has the provisioner do what takes as long as there is data, in as many calls as it takes, and shows that it does.
func (t *Tenants) archived(ctx context.Context, doing progress.Action, request api.Request) (*Archived, error) {
	began := time.Now()
	request.DryRun = t.DryRun
	var response api.Response
	_, err := t.Environment.Follow(func(observer progress.Observer) (err error) {
		step := progress.Step{Action: doing, Type: "tenant", Name: request.Tenant}
		observer.Begin(step)
		response, err = t.callToEnd(ctx, request, func(p api.Progress) {
			observer.Done(step)
			step.Name = fmt.Sprintf("%s (%s: %d of %d MiB)", request.Tenant, p.Doing, p.Done>>20, p.Total>>20)
			observer.Begin(step)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Archived{
		Environment: t.Environment.Name(), Tenant: request.Tenant, DryRun: t.DryRun, Archive: response.Archive,
		Warnings: append([]string{}, response.Warnings...), DurationSeconds: time.Since(began).Seconds(),
	}, nil
}
