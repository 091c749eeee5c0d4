package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// tenant brings a tenant's archive back into a new tenant, and archives that to compare.
func (d *Drill) tenant(ctx context.Context, r *Result) (err error) {
	source, err := d.source(ctx)
	if err != nil {
		return err
	}
	before, err := d.Tenants.Show(ctx, source.Slug)
	if err != nil {
		return err
	}
	if n := len(before.Archives); n > 0 {
		newest := before.Archives[n-1]
		r.lost(time.Since(newest.CreatedAt))
		d.note(r, "%s had %s, the newest of %s", source.Slug, printable.Count(n, "archive"), newest.CreatedAt.Format(time.RFC3339))
	} else {
		r.lost(time.Since(source.CreatedAt))
		d.note(r, "%s had NO archive: from archives nothing of it could be brought back, only from the database's own backups", source.Slug)
	}
	archived, err := d.Tenants.Archive(ctx, source.Slug)
	if err != nil {
		return err
	}
	if archived.Archive.Tables == 0 {
		//page:none what was typed is wrong, and the message says what is right
		return fmt.Errorf("tenant %s has no table, so its archive proves nothing: choose another one with --tenant", source.Slug)
	}
	if err := d.removeLeftovers(ctx, r); err != nil {
		return err
	}
	began := time.Now()
	scratch := slug.Drill(began)
	defer func() {
		ctx, cancel := cleanup(ctx)
		defer cancel()
		err = errors.Join(err, d.removeScratch(ctx, scratch))
	}()
	if _, err := d.Tenants.Create(ctx, scratch, source.Tier); err != nil {
		return err
	}
	if _, err := d.Tenants.Restore(ctx, scratch, tenant.Choice{Key: archived.Archive.Key, Newest: true}); err != nil {
		return err
	}
	r.RTOSeconds = time.Since(began).Seconds()
	again, err := d.Tenants.Archive(ctx, scratch)
	if err != nil {
		return err
	}
	d.note(r, "%s brought back %s with %s", archived.Archive.Key, printable.Count(again.Archive.Tables, "table"), printable.Count(again.Archive.Rows, "row"))
	if again.Archive.Tables != archived.Archive.Tables || again.Archive.Rows != archived.Archive.Rows {
		//page:tenant-restore
		return fmt.Errorf("the archive holds %s with %s, the restored tenant %d with %d",
			printable.Count(archived.Archive.Tables, "table"), printable.Count(archived.Archive.Rows, "row"), again.Archive.Tables, again.Archive.Rows)
	}
	return nil
}

// source is the tenant whose data the drill restores a copy of.
func (d *Drill) source(ctx context.Context) (api.Tenant, error) {
	list, err := d.Tenants.List(ctx)
	if err != nil {
		return api.Tenant{}, err
	}
	var found []tenant.Listed
	for _, l := range list.Tenants {
		_, drills := slug.DrillTime(l.Slug)
		switch {
		case drills:
		case d.Tenant == l.Slug:
			return l.Tenant, nil
		case l.Tables > 0:
			found = append([]tenant.Listed{l}, found...)
		default:
			found = append(found, l)
		}
	}
	if d.Tenant != "" {
		return api.Tenant{}, &tenant.MissingError{Tenant: d.Tenant, Environment: d.Tenants.Environment.Name()}
	}
	if len(found) == 0 {
		//page:none there is nothing to try
		return api.Tenant{}, errors.New("the environment has no tenant to restore")
	}
	return found[0].Tenant, nil
}

// leftAfter is how old a drill's tenant is that no drill still works with: more than the objective of the step.
const leftAfter = 2 * time.Hour

// removeLeftovers removes the tenants of drills that were killed, and nothing else: no other tenant can have such a name.
func (d *Drill) removeLeftovers(ctx context.Context, r *Result) error {
	list, err := d.Tenants.List(ctx)
	if err != nil {
		return err
	}
	for _, l := range list.Tenants {
		made, ok := slug.DrillTime(l.Slug)
		switch {
		case !ok:
		case time.Since(made) < leftAfter:
			d.note(r, "%s may be of a drill that is running: it stays; the next drill removes it", l.Slug)
		default:
			if err := d.removeScratch(ctx, l.Slug); err != nil {
				return err
			}
			d.note(r, "%s, which an earlier drill left, was removed", l.Slug)
		}
	}
	return nil
}

func (d *Drill) removeScratch(ctx context.Context, scratch string) error {
	if _, err := d.Tenants.Offboard(ctx, scratch, true); err != nil {
		return fmt.Errorf("remove the drill's tenant %s: %w", scratch, err)
	}
	return nil
}
