package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// What keepOut notes in the tenant's record.
const (
	noteSuspended = "state = 'suspended'"
	noteUnsettled = "unsettled = true" // the login comes back; see putBack
)

// keepOut lets no new sessions of the tenant in and ends those that are open, before anything is done that could fail or
// take its time. Nothing that the tenant does at the same moment can hold it up.
func (p *Provisioner) keepOut(ctx context.Context, tenant, note string) error {
	const tries = 5
	stop := p.harass(ctx, tenant)
	var err error
	for range tries {
		err = p.change(ctx, tenant, func(tx pgx.Tx) error {
			var exists bool
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, slug.Role(tenant)).Scan(&exists); err != nil || !exists {
				return err
			}
			if err := run(ctx, tx, sqltext.Statement("ALTER ROLE %s NOLOGIN", namesOf(tenant).login)); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "UPDATE platform.tenant SET "+note+", updated_at = now() WHERE slug = $1", tenant)
			return err
		})
		if database.Code(err) != database.CodeInternal { // the tenant changed its own role a moment before
			break
		}
	}
	stop()
	if err != nil {
		return fmt.Errorf("keep the tenant out: %w", err)
	}
	return p.endSessions(ctx, tenant)
}

// harass ends the tenant's sessions again and again until it is stopped, as any of them may hold what the change waits for.
func (p *Provisioner) harass(ctx context.Context, tenant string) (stop func()) {
	enough, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			_, _ = p.Admin.Exec(ctx, endAll, slug.Role(tenant)) // if it cannot, the change itself says so
			select {
			case <-enough:
				return
			case <-ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return func() {
		close(enough)
		<-ended
	}
}

// putBack gives the tenant what its record says, when work that took something away has ended in whatever way. The record
// is read anew: the tenant may have been suspended meanwhile, and then stays so.
func (p *Provisioner) putBack(ctx context.Context, tenant string) error {
	return p.change(ctx, tenant, func(tx pgx.Tx) error {
		r, err := load(ctx, tx, tenant)
		if err != nil || r == nil {
			return err
		}
		if _, err := enforce(ctx, tx, *r, allParts); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE platform.tenant SET unsettled = false, restore_pid = NULL, restore_began = NULL WHERE slug = $1", tenant)
		return err
	})
}

// afterwards runs putBack even when the caller's time is up. What it cannot do, the next sweep does.
func (p *Provisioner) afterwards(ctx context.Context, tenant string, err error) error {
	again, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(err, p.putBack(again, tenant))
}
