package tenancy

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// unfinishedError ends a call that has had its time, with how far it came: the next call goes on from there.
type unfinishedError struct{ api.Progress }

func (e *unfinishedError) Error() string {
	return fmt.Sprintf("%s: %d of %d MiB are done: call again to go on", e.Doing, e.Done>>20, e.Total>>20)
}

// verificationTable is created by harden. It holds how many parts of an archive have been found whole, for the next call.
const verificationTable = `CREATE TABLE IF NOT EXISTS platform.verification (archive_key text PRIMARY KEY, parts integer NOT NULL, at timestamptz NOT NULL)`

// verify reads an archive back and compares it with what the manifest says. What it has no time for, the next call does, if it
// comes within the hour.
func (p *Provisioner) verify(ctx context.Context, m manifest, pace pace) error {
	var verified int
	err := p.Admin.QueryRow(ctx, `SELECT parts FROM platform.verification WHERE archive_key = $1 AND at > now() - interval '1 hour'`, m.Key).Scan(&verified)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("see what of the archive has been read back: %w", err)
	}
	if verified > len(m.Parts) {
		verified = 0
	}
	for place, one := range m.Parts[verified:] {
		if err := p.verifyPart(ctx, one); err != nil {
			//page:tenant-restore
			return fmt.Errorf("the archive %s cannot be relied on: %w: archive the tenant again", one.Key, err)
		}
		if pace.late() {
			return p.noteVerified(ctx, m, verified+place+1)
		}
	}
	return nil
}

// noteVerified notes how many parts are whole, and ends the call.
func (p *Provisioner) noteVerified(ctx context.Context, m manifest, parts int) error {
	const note = `INSERT INTO platform.verification (archive_key, parts, at) VALUES ($1, $2, now())
		ON CONFLICT (archive_key) DO UPDATE SET parts = excluded.parts, at = excluded.at`
	if _, err := p.Admin.Exec(ctx, note, m.Key, parts); err != nil {
		return fmt.Errorf("note what of the archive has been read back: %w", err)
	}
	if _, err := p.Admin.Exec(ctx, `DELETE FROM platform.verification WHERE at < now() - interval '1 day'`); err != nil {
		return fmt.Errorf("forget what was read back long ago: %w", err)
	}
	done, _ := sumOf(m.Parts[:parts])
	return &unfinishedError{api.Progress{Doing: "read the archive back", Done: done, Total: m.Bytes}}
}

func (p *Provisioner) verifyPart(ctx context.Context, one part) error {
	body, err := p.Archives.Get(ctx, one.Key)
	if err != nil {
		return err
	}
	defer body.Close() // only read
	sum := sha256.New()
	unzipped, err := gzip.NewReader(io.TeeReader(body, sum))
	if err != nil {
		return err
	}
	text, err := io.Copy(io.Discard, unzipped) //nolint:gosec // our own archive, and nothing of it is kept
	if err != nil {
		return err
	}
	if _, err := io.Copy(sum, body); err != nil {
		return err
	}
	if text != one.Text || hex.EncodeToString(sum.Sum(nil)) != one.SHA256 {
		//page:tenant-restore
		return errors.New("what was read back is not what was written")
	}
	return nil
}
