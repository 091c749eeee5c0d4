package tenancy

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
	"github.com/genericcorp/platform/services/provisioner/internal/export"
)

// restore brings an archive back into a tenant's empty schema, whole or not at all. It does so as the tenant itself: what
// a tenant once put into a function must not run with the administrator's privileges. A tenant that is suspended meanwhile is
// out at once, and the restore has failed.
func (p *Provisioner) restore(ctx context.Context, tenant, key string) (api.Response, error) {
	m, err := p.compatibleArchive(ctx, tenant, key)
	if err != nil {
		return api.Response{}, err
	}
	var r *domain.Record
	err = p.work(ctx, tenant, patience, func() error {
		if r, err = p.prepareRestore(ctx, tenant); err != nil {
			return err
		}
		return p.restoreAccessAfter(ctx, tenant, p.replayArchive(ctx, *r, m))
	})
	if err != nil {
		return api.Response{}, err
	}
	described := r.Describe()
	return api.Response{Tenant: &described, Archive: &m.Archive}, nil
}

// compatibleArchive gives the manifest of an archive that is whole and can be restored into the tenant's schema.
func (p *Provisioner) compatibleArchive(ctx context.Context, tenant, key string) (manifest, error) {
	if !strings.HasPrefix(key, "archives/"+p.Environment+"/") {
		//page:tenant-restore
		return manifest{}, fmt.Errorf("archive %s is not of this environment: expected a key below archives/%s/", key, p.Environment)
	}
	m, err := p.loadManifest(ctx, key)
	if err != nil {
		return manifest{}, err
	}
	if m.Schema != slug.Schema(tenant) && len(m.Content.Bound) > 0 {
		//page:tenant-restore
		return manifest{}, fmt.Errorf("the archive fits tenant %s alone, as it names the schema in: %s: restore it there, rewrite these, and archive again",
			m.Tenant, strings.Join(m.Content.Bound, "; "))
	}
	if size := m.Content.Bytes(); size > p.Archivable {
		return manifest{}, p.tooLarge("the archive holds", size)
	}
	return m, p.verify(ctx, m)
}

// prepareRestore requires a tenant that can take an archive, and lifts the limit that building its indexes would meet.
func (p *Provisioner) prepareRestore(ctx context.Context, tenant string) (r *domain.Record, err error) {
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		if r, err = restorable(ctx, tx, tenant); err != nil {
			return err
		}
		if err := setTempFileLimit(ctx, tx, namesOf(tenant), "-1"); err != nil && permitted(err) {
			return fmt.Errorf("lift the limit of temporary files: %w", err)
		}
		_, err = tx.Exec(ctx, "UPDATE platform.tenant SET recovery_pending = true WHERE slug = $1", tenant)
		return err
	})
	return r, err
}

// restorable requires a tenant that may write, and has nothing yet.
func restorable(ctx context.Context, db querier, tenant string) (*domain.Record, error) {
	r, err := loadExisting(ctx, db, tenant)
	if err != nil {
		return nil, err
	}
	if !r.CanWrite() {
		//page:tenant-restore
		return nil, fmt.Errorf("the tenant is %s, and an archive is restored as the tenant: make it active, and its tier large enough, then try again", r.State)
	}
	objects, err := countObjects(ctx, db, tenant)
	if err != nil {
		return nil, err
	}
	if objects > 0 {
		//page:tenant-restore
		return nil, fmt.Errorf("the tenant's schema holds %s: an archive is restored into an empty one alone; create a new tenant for it", inWords(objects))
	}
	return r, nil
}

// replayArchive runs the archive's statements and copies its rows in one transaction of the tenant's own.
func (p *Provisioner) replayArchive(ctx context.Context, r domain.Record, m manifest) error {
	secret, err := p.open(ctx, r.Slug, r.SecretARN)
	if err != nil {
		return err
	}
	if secret.current == nil {
		//page:provisioner-trouble
		return errors.New("the tenant's secret holds no connection: apply the tenant again")
	}
	connection, err := p.Database.Connect(ctx, credentials(*secret.current))
	if err != nil {
		return fmt.Errorf("log in as the tenant: %w", err)
	}
	defer connection.Close(context.WithoutCancel(ctx)) // the transaction has ended before
	if err := p.exemptFromSweep(ctx, r.Slug, connection.PgConn().PID()); err != nil {
		return err
	}
	body, err := p.Archives.Get(ctx, m.Key)
	if err != nil {
		return fmt.Errorf("read the archive %s: %w", m.Key, err)
	}
	defer body.Close() // only read
	unzipped, err := gzip.NewReader(body)
	if err != nil {
		return fmt.Errorf("read the archive %s: %w", m.Key, err)
	}
	return pgx.BeginFunc(ctx, connection, func(tx pgx.Tx) error {
		if err := run(ctx, tx, "SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
			return err
		}
		return replay(ctx, tx, bufio.NewReaderSize(unzipped, 1<<16), m.Content)
	})
}

// exemptFromSweep tells the sweep which session of the tenant's is the provisioner's own and may run for as long as it takes. It is
// told by what no tenant can forge.
func (p *Provisioner) exemptFromSweep(ctx context.Context, tenant string, pid uint32) error {
	_, err := p.Admin.Exec(ctx, `UPDATE platform.tenant SET restore_pid = a.pid, restore_began = a.backend_start
		FROM pg_stat_activity a WHERE a.pid = $2 AND slug = $1`, tenant, int32(pid)) //nolint:gosec // a process number
	if err != nil {
		return fmt.Errorf("note the session that restores: %w", err)
	}
	return nil
}

// replay runs a text by its segments.
func replay(ctx context.Context, tx pgx.Tx, text *bufio.Reader, content export.Summary) error {
	for _, segment := range content.Segments {
		sql := make([]byte, segment.SQL)
		if _, err := io.ReadFull(text, sql); err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		statements, copying := sql[:segment.SQL-segment.Copy], sql[segment.SQL-segment.Copy:]
		if _, err := tx.Conn().PgConn().Exec(ctx, string(statements)).ReadAll(); err != nil {
			return fmt.Errorf("restore the definitions: %w", err)
		}
		if segment.Copy == 0 {
			continue
		}
		tag, err := tx.Conn().PgConn().CopyFrom(ctx, io.LimitReader(text, segment.Rows), strings.TrimSuffix(string(copying), ";\n"))
		if err != nil {
			return fmt.Errorf("restore rows: %w", err)
		}
		if want := content.Tables[segment.Table]; tag.RowsAffected() != want.Rows {
			//page:tenant-restore
			return fmt.Errorf("restore table %s: %d rows came back of %d", want.Name, tag.RowsAffected(), want.Rows)
		}
		if _, err := text.Discard(len(export.EndOfRows)); err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
	}
	return nil
}

// countObjects counts what a tenant has made in its schema.
func countObjects(ctx context.Context, db querier, tenant string) (int, error) {
	var objects int
	err := db.QueryRow(ctx, sqlCountObjects, slug.Schema(tenant)).Scan(&objects)
	if err != nil {
		return 0, fmt.Errorf("look into the tenant's schema: %w", err)
	}
	return objects, nil
}

// sqlCountObjects counts whatever depends on the schema directly, of any kind, but for the privileges that apply gave.
const sqlCountObjects = `SELECT count(*) FROM pg_depend
	WHERE refclassid = 'pg_namespace'::regclass AND refobjid = (SELECT oid FROM pg_namespace WHERE nspname = $1)
		AND classid <> 'pg_default_acl'::regclass`
