package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// note is what blockLogin writes into the tenant's record: assignments, whose parameters begin at $2.
type note struct {
	assignments string
	parameters  []any
}

// recoveryPending notes that the login comes back; see restoreAccess.
var recoveryPending = note{assignments: "recovery_pending = true"}

// suspended notes that the tenant is suspended, why and by whom. Of one that is suspended already, only another reason is new.
func suspended(why, by string) note {
	const isNew = "(state <> 'suspended' OR $2::text <> '')"
	return note{
		assignments: "held_why = CASE WHEN " + isNew + " THEN $2 ELSE held_why END, held_by = CASE WHEN " + isNew + " THEN $3 ELSE held_by END, " +
			"held_since = CASE WHEN " + isNew + " THEN now() ELSE held_since END, state = 'suspended'",
		parameters: []any{why, by},
	}
}

// blockLogin lets no new sessions of the tenant in and ends those that are open, before anything is done that could fail or
// take its time. Nothing that the tenant does at the same moment can hold it up.
func (p *Provisioner) blockLogin(ctx context.Context, tenant string, note note) error {
	const tries = 5
	stop := p.terminateRepeatedly(ctx, tenant)
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
			_, err := tx.Exec(ctx, "UPDATE platform.tenant SET "+note.assignments+", updated_at = now() WHERE slug = $1", append([]any{tenant}, note.parameters...)...)
			return err
		})
		if database.Code(err) != database.CodeInternal { // the tenant changed its own role a moment before
			break
		}
	}
	stop()
	if err != nil {
		return fmt.Errorf("block the tenant's login: %w", err)
	}
	if err := p.terminateSessions(ctx, tenant); err != nil {
		return fmt.Errorf("the tenant's login is blocked, but %w", err)
	}
	return nil
}

// blockWriter is blockLogin for a tenant that may write, or free space, and is about to become a reader: what it holds open would keep the
// change waiting. Its login comes back with the change or, if that fails, with the next sweep.
func (p *Provisioner) blockWriter(ctx context.Context, tenant string) error {
	before, err := load(ctx, p.Admin, tenant)
	if err != nil || before == nil || !before.IsOwner() {
		return err
	}
	return p.blockLogin(ctx, tenant, recoveryPending)
}

// terminateRepeatedly ends the tenant's sessions again and again until it is stopped, as any of them may hold what the change waits for.
func (p *Provisioner) terminateRepeatedly(ctx context.Context, tenant string) (stop func()) {
	enough, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			_, _ = p.Admin.Exec(ctx, terminateAll, slug.Role(tenant)) // if it cannot, the change itself says so
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
