package tenancy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/export"
)

// ErrNoObject says that the archive bucket has no object of that key.
//
//page:tenant-restore
var ErrNoObject = errors.New("there is no such archive")

// Store keeps archives.
type Store interface {
	Put(ctx context.Context, key string, body io.Reader) error
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// List gives the keys that begin with the prefix, in order.
	List(ctx context.Context, prefix string) ([]string, error)
}

const (
	archiveSuffix  = ".sql.gz"
	manifestSuffix = ".json"
	timeForm       = "20060102T150405.000Z"
)

// manifest stands beside each archive once the archive was read back and found whole.
type manifest struct {
	api.Archive
	Schema  string         `json:"schema"`
	Server  string         `json:"server"` // PostgreSQL's version
	Content export.Summary `json:"content"`
	Parts   []part         `json:"parts"`
}

func manifestKey(archive string) string {
	return strings.TrimSuffix(archive, archiveSuffix) + manifestSuffix
}

func (p *Provisioner) archivePrefix(tenant string) string {
	return "archives/" + p.Environment + "/" + tenant + "/"
}

// archive exports the tenant's schema as it is at one moment, reads back what it wrote, and then records it. The tenant can
// be changed, and suspended, meanwhile. With a host it is the schema as a server has it that was restored from backups;
// such an archive is none that the tenant may be deleted on the strength of.
func (p *Provisioner) archive(ctx context.Context, tenant, host string) (api.Response, error) {
	if err := p.checkArchivable(ctx, tenant); err != nil {
		return api.Response{}, err
	}
	source, err := p.archiveSource(ctx, tenant, host)
	if err != nil {
		return api.Response{}, err
	}
	now := p.Now().UTC()
	m := manifest{Schema: slug.Schema(tenant)}
	m.Tenant, m.CreatedAt = tenant, now.Truncate(time.Millisecond)
	m.Key = p.archivePrefix(tenant) + now.Format(timeForm) + archiveSuffix
	if err := p.upload(ctx, &m, source); err != nil {
		return api.Response{}, err
	}
	if err := p.verify(ctx, m, pace{}); err != nil {
		return api.Response{}, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return api.Response{}, fmt.Errorf("encode the manifest: %w", err)
	}
	if err := p.Archives.Put(ctx, manifestKey(m.Key), strings.NewReader(string(text))); err != nil {
		return api.Response{}, fmt.Errorf("write the manifest: %w", err)
	}
	if host != "" {
		return api.Response{Archive: &m.Archive}, nil
	}
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		r, err := loadExisting(ctx, tx, tenant)
		if err != nil {
			return err
		}
		r.ArchiveKey = m.Key
		return save(ctx, tx, *r)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Archive: &m.Archive}, nil
}

// checkArchivable requires a tenant that is surely archived in the function's time.
func (p *Provisioner) checkArchivable(ctx context.Context, tenant string) error {
	r, err := loadExisting(ctx, p.Admin, tenant)
	if err != nil {
		return err
	}
	if r.Restoring != "" {
		//page:tenant-restore
		return errors.New("an archive is being restored into the tenant: let that end first, with the restore that began it")
	}
	size, err := p.measureTenant(ctx, tenant)
	if err != nil {
		return err
	}
	if size.Size > p.Archivable {
		return p.tooLarge("the tenant stores", size.Size)
	}
	return nil
}

// tooLarge is the error of what the function's time may not be enough for.
func (p *Provisioner) tooLarge(what string, size int64) error {
	//page:tenant-offboarding
	return fmt.Errorf("%s %d MiB, and more than %d MiB may take longer than the function's 15 minutes: run the provisioner's program without that limit, as runbooks/tenant-offboarding.md says",
		what, size>>20, p.Archivable>>20)
}

// upload sends the export to the store while it is read.
func (p *Provisioner) upload(ctx context.Context, m *manifest, source source) (err error) {
	writer := &partWriter{ctx: ctx, store: p.Archives, key: m.Key, size: p.PartBytes}
	if m.Content, err = exportFrom(ctx, source, m.Schema, writer); err != nil {
		writer.abort(err)
		return err
	}
	if err := writer.end(); err != nil {
		return err
	}
	if err := p.Admin.QueryRow(ctx, "SHOW server_version").Scan(&m.Server); err != nil {
		return fmt.Errorf("ask for the server's version: %w", err)
	}
	m.ContentSHA256, m.Tables, m.Rows = m.Content.SHA256, len(m.Content.Tables), m.Content.Rows()
	m.Parts = writer.done
	m.Bytes, m.SHA256 = sumOf(m.Parts)
	return nil
}

// sumOf gives the size of an archive's parts together, and their sum: that of the one part or, of several, that of their sums.
func sumOf(parts []part) (bytes int64, sum string) {
	all := sha256.New()
	for _, one := range parts {
		bytes += one.Bytes
		_, _ = io.WriteString(all, one.SHA256) // gives no error
	}
	if len(parts) == 1 {
		return bytes, parts[0].SHA256
	}
	return bytes, hex.EncodeToString(all.Sum(nil))
}

// loadManifest reads what is known of an archive.
func (p *Provisioner) loadManifest(ctx context.Context, key string) (manifest, error) {
	var m manifest
	body, err := p.Archives.Get(ctx, manifestKey(key))
	if err != nil {
		return m, fmt.Errorf("read the manifest of the archive %s: %w", key, err)
	}
	defer body.Close() // only read
	if err := json.NewDecoder(body).Decode(&m); err != nil {
		return m, fmt.Errorf("read the manifest of the archive %s: %w", key, err)
	}
	if m.Key != key {
		//page:tenant-restore
		return m, fmt.Errorf("the manifest of the archive %s is about %q: it was moved or copied; put it back where it was", key, m.Key)
	}
	return m, nil
}

func (p *Provisioner) listArchives(ctx context.Context, tenant string) ([]api.Archive, error) {
	keys, err := p.Archives.List(ctx, p.archivePrefix(tenant))
	if err != nil {
		return nil, fmt.Errorf("list the tenant's archives: %w", err)
	}
	var archives []api.Archive
	for _, key := range keys {
		if !strings.HasSuffix(key, manifestSuffix) {
			continue
		}
		m, err := p.loadManifest(ctx, strings.TrimSuffix(key, manifestSuffix)+archiveSuffix)
		if err != nil {
			return nil, err
		}
		archives = append(archives, m.Archive)
	}
	return archives, nil
}
