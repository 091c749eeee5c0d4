package tenancy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/components/schema/provisioner/internal/sqltext"
	"github.com/genericcorp/platform/internal/slug"
)

// remove drops the tenant's schema and roles, unless that would lose anything. A tenant that is not there is no error.
func (p *Provisioner) remove(ctx context.Context, tenant string) (contract.Response, error) {
	r, empty, err := p.mayRemove(ctx, tenant)
	if err != nil {
		return contract.Response{}, err
	}
	if !empty {
		// From here on the tenant is kept out, so that the archive stays the last word. If it is not, the tenant comes back.
		if err := p.keepOut(ctx, tenant); err != nil {
			return contract.Response{}, err
		}
	}
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		if err := p.stillSaved(ctx, tx, tenant, r); err != nil {
			return err
		}
		return drop(ctx, tx, tenant)
	})
	if err != nil && r != nil {
		again, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		back := p.change(again, tenant, func(tx pgx.Tx) error {
			_, err := enforce(again, tx, *r)
			return err
		})
		err = errors.Join(err, back)
	}
	return contract.Response{}, err
}

// mayRemove refuses before anything is touched, if it can.
func (p *Provisioner) mayRemove(ctx context.Context, tenant string) (r *record, empty bool, err error) {
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		if r, err = load(ctx, tx, tenant); err != nil {
			return err
		}
		elsewhere, err := queryTexts(ctx, tx, ownedElsewhere, slug.Schema(tenant), slug.Role(tenant), slug.OwnerRole(tenant))
		if err != nil {
			return err
		}
		if len(elsewhere) > 0 {
			return fmt.Errorf("the tenant owns outside its schema, where no archive looks: %s: move or drop this first", strings.Join(elsewhere, "; "))
		}
		objects, err := countObjects(ctx, tx, tenant)
		if err != nil {
			return err
		}
		empty = objects == 0
		switch {
		case empty:
			return nil
		case r == nil:
			return fmt.Errorf("its schema holds %d objects, and there is no record of it: apply the tenant again, archive it, then delete it", objects)
		case r.ArchiveKey == "":
			return fmt.Errorf("its schema holds %d objects, and there is no archive of it: archive the tenant first (platform tenant archive %s)", objects, tenant)
		}
		m, err := p.loadManifest(ctx, r.ArchiveKey)
		if err != nil {
			return err
		}
		return p.verify(ctx, m)
	})
	return r, empty, err
}

// keepOut ends the tenant's sessions and lets no new ones in, whatever its state.
func (p *Provisioner) keepOut(ctx context.Context, tenant string) error {
	err := p.change(ctx, tenant, func(tx pgx.Tx) error {
		found, err := look(ctx, tx, tenant)
		if err != nil || !found.login {
			return err
		}
		return run(ctx, tx, sqltext.Statement("ALTER ROLE %s NOLOGIN", namesOf(tenant).login))
	})
	if err != nil {
		return fmt.Errorf("keep the tenant out: %w", err)
	}
	return p.endSessions(ctx, tenant)
}

// stillSaved requires that the schema holds nothing but what its last archive holds.
func (p *Provisioner) stillSaved(ctx context.Context, tx pgx.Tx, tenant string, r *record) error {
	objects, err := countObjects(ctx, tx, tenant)
	if err != nil || objects == 0 {
		return err
	}
	m, err := p.loadManifest(ctx, r.ArchiveKey)
	if err != nil {
		return err
	}
	content, err := p.export(ctx, slug.Schema(tenant), io.Discard)
	if err != nil {
		return err
	}
	if content.SHA256 != m.ContentSHA256 {
		return fmt.Errorf("its schema has changed since the archive of %s: suspend the tenant, archive it again, then delete it", m.CreatedAt.Format("2006-01-02 15:04:05Z"))
	}
	return nil
}

func drop(ctx context.Context, tx pgx.Tx, tenant string) error {
	found, err := look(ctx, tx, tenant)
	if err != nil {
		return err
	}
	if err := lock(ctx, tx, lockCreation); err != nil { // the rights on the database change
		return err
	}
	n := namesOf(tenant)
	statements := []string{sqltext.Statement("DROP SCHEMA IF EXISTS %s CASCADE", n.schema)}
	for name, exists := range map[sqltext.Name]bool{n.login: found.login, n.owner: found.owner} {
		if exists {
			// Nothing is owned any more; this takes back the rights that were granted.
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
