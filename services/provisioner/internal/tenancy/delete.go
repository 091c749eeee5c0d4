package tenancy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// remove drops the tenant's schema and roles, unless that would lose anything. A tenant that is not there is no error.
func (p *Provisioner) remove(ctx context.Context, tenant string) (api.Response, error) {
	pace := p.pace()
	err := p.work(ctx, tenant, patience, func() error {
		r, err := load(ctx, p.Admin, tenant)
		if err != nil {
			return err
		}
		if r != nil && r.Restoring != "" { // its schema holds nothing but what came from an archive
			if err := p.undoRestore(ctx, tenant); err != nil {
				return err
			}
		}
		if err := p.checkRemovable(ctx, tenant, pace); err != nil {
			return err
		}
		// From here on the tenant's login is blocked, so that what was looked at stays the last word. If it is not, the tenant
		// comes back.
		if err := p.blockLogin(ctx, tenant, recoveryPending); err != nil {
			return p.restoreAccessAfter(ctx, tenant, err)
		}
		if err := p.dropArchived(ctx, tenant); err != nil {
			return p.restoreAccessAfter(ctx, tenant, err)
		}
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{}, p.dropLocks(ctx, tenant)
}

// maxDropped is how many objects are dropped in one transaction, which locks each of them: all sessions share the server's
// table of locks.
const maxDropped = 500

// dropArchived drops what the archive holds: at once or, if there is too much, part by part, which then can only go on.
func (p *Provisioner) dropArchived(ctx context.Context, tenant string) error {
	whole := false
	err := p.change(ctx, tenant, func(tx pgx.Tx) error {
		if err := requireLoginBlocked(ctx, tx, tenant); err != nil {
			return err
		}
		objects, err := p.requireArchived(ctx, tx, tenant)
		if err != nil {
			return err
		}
		if whole = objects <= maxDropped; whole {
			return p.drop(ctx, tx, tenant, objects > 0)
		}
		_, err = tx.Exec(ctx, "UPDATE platform.tenant SET deleting = true WHERE slug = $1", tenant)
		return err
	})
	if err != nil || whole {
		return err
	}
	if err := p.dropObjects(ctx, tenant); err != nil {
		return fmt.Errorf("drop the tenant's objects, of which some are gone: delete it again: %w", err)
	}
	return p.change(ctx, tenant, func(tx pgx.Tx) error { return p.drop(ctx, tx, tenant, true) })
}

// dropObjects drops what the schema holds, part by part, but for what goes with the schema.
func (p *Provisioner) dropObjects(ctx context.Context, tenant string) error {
	for more := true; more; {
		err := p.change(ctx, tenant, func(tx pgx.Tx) error {
			statements, err := queryTexts(ctx, tx, someObjects, slug.Schema(tenant), maxDropped/10)
			if err != nil {
				return err
			}
			more = len(statements) > 0
			return run(ctx, tx, statements...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// someObjects drops routines first, then tables, with all that depends on them; what is left goes with the schema. A
// table takes several locks.
const someObjects = `
	SELECT statement FROM (
		SELECT 1 AS rank, format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) AS statement
		FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1
		UNION ALL
		SELECT 2, format('DROP %s IF EXISTS %s CASCADE', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, c.oid::regclass)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm')
		UNION ALL
		SELECT 3, format('DROP SEQUENCE IF EXISTS %s CASCADE', c.oid::regclass)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'S'
	) o ORDER BY rank LIMIT $2`

// checkRemovable refuses before anything is touched, if it can.
func (p *Provisioner) checkRemovable(ctx context.Context, tenant string, pace pace) error {
	elsewhere, err := queryTexts(ctx, p.Admin, ownedElsewhere, slug.Schema(tenant), slug.Role(tenant), slug.OwnerRole(tenant))
	if err != nil {
		return err
	}
	if len(elsewhere) > 0 {
		//page:tenant-offboarding
		return fmt.Errorf("the tenant owns outside its schema, where no archive looks: %s: move or drop this first", strings.Join(elsewhere, "; "))
	}
	m, objects, err := p.lastArchive(ctx, p.Admin, tenant)
	if err != nil || objects == 0 {
		return err
	}
	return p.verify(ctx, m, pace)
}

// lastArchive counts what the schema holds and, unless it is empty, gives the archive that should hold it too.
func (p *Provisioner) lastArchive(ctx context.Context, db querier, tenant string) (m manifest, objects int, err error) {
	if objects, err = countObjects(ctx, db, tenant); err != nil || objects == 0 {
		return m, objects, err
	}
	r, err := load(ctx, db, tenant)
	switch {
	case err != nil:
		return m, objects, err
	case r == nil:
		//page:tenant-offboarding
		return m, objects, fmt.Errorf("its schema holds %s, and there is no record of it: apply the tenant again, archive it, then delete it", inWords(objects))
	case r.ArchiveKey == "":
		//page:tenant-offboarding
		return m, objects, fmt.Errorf("its schema holds %s, and there is no archive of it: archive the tenant first (platform tenant archive %s)", inWords(objects), tenant)
	}
	m, err = p.loadManifest(ctx, r.ArchiveKey)
	return m, objects, err
}

// requireLoginBlocked requires that nobody has let the tenant in again.
func requireLoginBlocked(ctx context.Context, tx pgx.Tx, tenant string) error {
	var inside bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolcanlogin) OR EXISTS (SELECT FROM pg_stat_activity WHERE usename = $1)`,
		slug.Role(tenant)).Scan(&inside)
	if err != nil {
		return fmt.Errorf("check that the tenant's login is blocked: %w", err)
	}
	if inside {
		//page:tenant-offboarding
		return errors.New("somebody unblocked the tenant's login while it was being deleted: suspend it, then delete it again")
	}
	return nil
}

// requireArchived requires that the schema holds nothing but what its last archive holds, and counts that.
func (p *Provisioner) requireArchived(ctx context.Context, db querier, tenant string) (objects int, err error) {
	m, objects, err := p.lastArchive(ctx, db, tenant)
	if err != nil || objects == 0 {
		return objects, err
	}
	if r, err := loadExisting(ctx, db, tenant); err != nil || r.Deleting {
		return objects, err
	}
	content, err := p.export(ctx, slug.Schema(tenant), io.Discard)
	if err != nil {
		return objects, err
	}
	if content.SHA256 != m.ContentSHA256 {
		//page:tenant-offboarding
		return objects, fmt.Errorf("its schema has changed since the archive of %s: suspend the tenant, archive it again, then delete it", m.CreatedAt.Format("2006-01-02 15:04:05Z"))
	}
	return objects, nil
}

// drop drops the schema with its objects only if there should be any: whatever else were in it stops the removal.
func (p *Provisioner) drop(ctx context.Context, tx pgx.Tx, tenant string, objects bool) error {
	found, err := inspect(ctx, tx, tenant)
	if err != nil {
		return err
	}
	if err := p.lock(ctx, tx, lockCreation, patience); err != nil { // the privileges on the database change
		return err
	}
	n := namesOf(tenant)
	how := " RESTRICT"
	if objects {
		how = " CASCADE"
	}
	statements := []string{sqltext.Statement("DROP SCHEMA IF EXISTS %s"+how, n.schema)}
	for name, exists := range map[sqltext.Name]bool{n.login: found.login, n.owner: found.owner} {
		if exists {
			// Nothing is owned any more; this revokes what was granted.
			statements = append(statements, sqltext.Statement("GRANT %s TO CURRENT_USER", name), sqltext.Statement("DROP OWNED BY %s", name),
				sqltext.Statement("DROP ROLE %s", name))
		}
	}
	if err := run(ctx, tx, statements...); err != nil {
		return fmt.Errorf("drop the tenant's schema and roles: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM platform.tenant WHERE slug = $1", tenant); err != nil {
		return fmt.Errorf("remove the tenant's record: %w", err)
	}
	return nil
}

// inWords is a number of objects.
func inWords(objects int) string { return printable.Count(objects, "object") }
