package tenancy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/export"
)

// restore brings an archive back into a tenant's empty schema: whole, or as far as there is time, and the next call goes on.
// Until it is whole, the tenant cannot log in. It does so as the tenant itself: what a tenant once put into a function must not run
// with the administrator's privileges. A tenant that is suspended meanwhile is out at once, and the restore with it.
func (p *Provisioner) restore(ctx context.Context, request api.Request) (api.Response, error) {
	pace, tenant := p.pace(), request.Tenant
	m, err := p.compatibleArchive(ctx, tenant, request.ArchiveKey)
	if err != nil {
		return api.Response{}, err
	}
	err = p.work(ctx, tenant, patience, func() error {
		r, err := loadRestoring(ctx, p.Admin, tenant)
		if err != nil {
			return err
		}
		if r == nil || r.ArchiveKey != m.Key {
			if err := p.verify(ctx, m, pace); err != nil {
				return err
			}
		}
		if r, err = p.beginRestore(ctx, tenant, m.Key, request.Run); err != nil {
			return err
		}
		return p.restoreStep(ctx, tenant, m, r, pace)
	})
	if err != nil {
		return api.Response{}, err
	}
	r, err := loadExisting(ctx, p.Admin, tenant)
	if err != nil {
		return api.Response{}, err
	}
	described := r.Describe()
	return api.Response{Tenant: &described, Archive: &m.Archive}, nil
}

// restoreStep goes on with a restore, and ends it when all is there. Before anything is there, an error ends it as well; later it is
// undone if the server refuses what the archive holds, and else kept for the next call.
func (p *Provisioner) restoreStep(ctx context.Context, tenant string, m manifest, r *restoring, pace pace) error {
	total := m.Content.Bytes()
	var err error
	if r.position.done < total {
		err = p.replayStep(ctx, tenant, m, r, pace)
	}
	return afterwards(ctx, func(again context.Context) error {
		if err != nil {
			if unknown := p.resolve(again, tenant, r); unknown != nil {
				return join(err, unknown, p.restoreAccess(again, tenant))
			}
		}
		progress := fmt.Sprintf("%d of %d MiB are restored", r.position.done>>20, total>>20)
		switch {
		case err == nil && r.position.done < total:
			return join(p.restoreAccess(again, tenant), &unfinishedError{api.Progress{Doing: "restore", Done: r.position.done, Total: total}})
		case err == nil || r.position.done == 0:
			return join(err, p.endRestore(again, tenant))
		case refused(err):
			//page:tenant-restore
			return join(fmt.Errorf("%w: what was restored before is dropped again", err), p.undoRestore(again, tenant))
		default:
			//page:tenant-restore
			return join(fmt.Errorf("%w: %s: restore the same archive again, which goes on from there", err, progress), p.restoreAccess(again, tenant))
		}
	})
}

// refused tells whether the server has refused a statement for what it says, and would do so again. It may also have been stopped,
// or been short of something, or the session have been ended.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func refused(err error) bool {
	code := database.Code(err)
	if len(code) < 2 {
		return false
	}
	switch code[:2] {
	case "08", "25", "40", "53", "55", "57", "58", "XX":
		return false
	}
	return true
}

// compatibleArchive gives the manifest of an archive that can be restored into the tenant's schema.
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
	return m, nil
}

// writable requires a tenant that may write.
func writable(ctx context.Context, db querier, tenant string) error {
	r, err := loadExisting(ctx, db, tenant)
	if err != nil {
		return err
	}
	if !r.CanWrite() {
		//page:tenant-restore
		return fmt.Errorf("the tenant is %s, and an archive is restored as the tenant: make it active, and its tier large enough, then try again", r.Effective())
	}
	return nil
}

// restorable requires a tenant that may write, and has nothing yet.
func restorable(ctx context.Context, db querier, tenant string) error {
	if err := writable(ctx, db, tenant); err != nil {
		return err
	}
	objects, err := countObjects(ctx, db, tenant)
	if err != nil {
		return err
	}
	if objects > 0 {
		//page:tenant-restore
		return fmt.Errorf("the tenant's schema holds %s: an archive is restored into an empty one alone; create a new tenant for it, with --empty", inWords(objects))
	}
	return nil
}

// replayStep runs the archive's statements and copies its rows, from where the last call has stopped, in one transaction of
// the tenant's own.
func (p *Provisioner) replayStep(ctx context.Context, tenant string, m manifest, r *restoring, pace pace) error {
	session, err := p.enter(ctx, tenant)
	if err != nil {
		return err
	}
	defer session.Close(context.WithoutCancel(ctx)) // the transaction has ended before
	text, err := p.openText(ctx, m, r.position.done)
	if err != nil {
		return err
	}
	defer text.Close() // only read
	err = pgx.BeginFunc(ctx, session, func(tx pgx.Tx) error {
		settings := append(export.Settings(), "SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0")
		if err := run(ctx, tx, settings...); err != nil {
			return err
		}
		step := replay{p: p, tx: tx, manifest: m, text: text, at: r.position, pace: pace}
		if err := step.run(ctx); err != nil {
			return err
		}
		return p.noteCommit(ctx, tenant, tx, r, step.at)
	})
	if err != nil {
		return err
	}
	return p.noteStep(ctx, tenant, r, r.next)
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

// replay is one call's way through an archive's text, by its segments.
type replay struct {
	p        *Provisioner
	tx       pgx.Tx
	manifest manifest
	text     io.Reader
	at       position
	pace     pace
}

// run goes on until the end, or until the call has had its time.
func (s *replay) run(ctx context.Context) error {
	var begin int64 // of the segment
	for _, segment := range s.manifest.Content.Segments {
		end := begin + segment.Bytes()
		if s.at.done < end {
			stopped, err := s.segment(ctx, segment, begin)
			if err != nil || stopped {
				return err
			}
			s.at = position{done: end}
			if s.pace.late() || segment.Copy == 0 && s.pace.lateForWhole() {
				return nil
			}
		}
		begin = end
	}
	return nil
}

// segment runs the segment's statements and copies its rows, or what is left of them. It may stop between two rows.
func (s *replay) segment(ctx context.Context, segment export.Segment, begin int64) (stopped bool, err error) {
	var copying string
	if rows := s.at.done - begin - segment.SQL; rows > 0 { // in the middle of the rows
		if copying, err = s.copyStatement(ctx, segment, begin); err != nil {
			return false, err
		}
		return s.rows(ctx, segment, copying, segment.Rows-rows)
	}
	sql := make([]byte, segment.SQL)
	if _, err := io.ReadFull(s.text, sql); err != nil {
		return false, fmt.Errorf("read the archive: %w", err)
	}
	statements := string(sql[:segment.SQL-segment.Copy])
	if _, err := s.tx.Conn().PgConn().Exec(ctx, statements).ReadAll(); err != nil {
		return false, s.tooLong(ctx, statements, fmt.Errorf("restore the definitions: %w", err))
	}
	if segment.Copy == 0 {
		return false, nil
	}
	s.at = position{done: begin + segment.SQL}
	return s.rows(ctx, segment, string(sql[segment.SQL-segment.Copy:]), segment.Rows)
}

// tooLong says which statement a function has no time for.
func (s *replay) tooLong(ctx context.Context, statements string, err error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	first, _, _ := strings.Cut(statements, "\n")
	//page:tenant-offboarding
	return fmt.Errorf("%q did not end within one call of the function, and cannot be divided: run the provisioner's program where no function's time ends it, as runbooks/tenant-offboarding.md says", first)
}

// copyStatement reads the segment's COPY statement, which the text has before the rows.
func (s *replay) copyStatement(ctx context.Context, segment export.Segment, begin int64) (string, error) {
	text, err := s.p.openText(ctx, s.manifest, begin+segment.SQL-segment.Copy)
	if err != nil {
		return "", err
	}
	defer text.Close() // only read
	statement := make([]byte, segment.Copy)
	if _, err := io.ReadFull(text, statement); err != nil {
		return "", fmt.Errorf("read the archive: %w", err)
	}
	return string(statement), nil
}

// rows copies what is left of a table's rows.
func (s *replay) rows(ctx context.Context, segment export.Segment, copying string, left int64) (stopped bool, err error) {
	table := s.manifest.Content.Tables[segment.Table]
	source := &rowReader{from: s.text, left: left, pace: s.pace}
	tag, err := s.tx.Conn().PgConn().CopyFrom(ctx, source, strings.TrimSuffix(copying, ";\n"))
	if err != nil {
		return false, fmt.Errorf("restore rows: %w", err)
	}
	rows := s.at.rows + tag.RowsAffected()
	if source.stopped {
		s.at = position{done: s.at.done + source.read, rows: rows}
		return true, nil
	}
	if rows != table.Rows {
		//page:tenant-restore
		return false, fmt.Errorf("restore table %s: rows that came back: %d of %d", table.Name, rows, table.Rows)
	}
	if _, err := io.CopyN(io.Discard, s.text, int64(len(export.EndOfRows))); err != nil {
		return false, fmt.Errorf("read the archive: %w", err)
	}
	return false, nil
}

// minRows is the least that a call copies of a table, in bytes, so that each comes further.
const minRows = 64 << 10

// rowReader reads rows until they end, or until the call has had its time, and then to the end of a row: a line break in
// a value is written as \n.
type rowReader struct {
	from    io.Reader
	left    int64
	read    int64
	pace    pace
	stopped bool
}

// Read implements io.Reader.
func (r *rowReader) Read(p []byte) (int, error) {
	if r.left == 0 || r.stopped {
		return 0, io.EOF
	}
	n, err := r.from.Read(p[:min(int64(len(p)), r.left)])
	if errors.Is(err, io.EOF) && int64(n) < r.left {
		err = io.ErrUnexpectedEOF
	}
	if last := bytes.LastIndexByte(p[:n], '\n'); last >= 0 && r.read+int64(n) >= minRows && int64(n) < r.left && r.pace.late() {
		n, r.stopped = last+1, true
	}
	r.left -= int64(n)
	r.read += int64(n)
	return n, err
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
