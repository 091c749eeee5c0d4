package tenants

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
)

const (
	// poolSize is the most connections that this process has as one tenant: other pods, old and new, have theirs, and the tier counts
	// all of them.
	poolSize       = 2
	connectTimeout = 5 * time.Second
	idle           = time.Minute
)

// schema is what the application needs in a tenant's schema. It is the same every time.
const schema = `CREATE TABLE IF NOT EXISTS note (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key text NOT NULL UNIQUE,
	text text NOT NULL,
	words integer,
	created_at timestamptz NOT NULL DEFAULT now()
)`

// Store implements notes.Store. Close it.
type Store struct {
	secrets Secrets
	roots   *x509.CertPool

	mu    sync.Mutex
	pools map[string]*pool // by tenant
}

// pool is a tenant's connections.
type pool struct {
	*pgxpool.Pool

	mu    sync.Mutex
	ready bool // the schema is there
}

// NewStore makes a store. Roots may have signed the database's certificate.
func NewStore(secrets Secrets, roots *x509.CertPool) *Store {
	return &Store{secrets: secrets, roots: roots, pools: map[string]*pool{}}
}

// Close ends all connections.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for tenant := range s.pools {
		s.forget(tenant)
	}
}

// forget closes a tenant's pool. The caller has the lock.
func (s *Store) forget(tenant string) {
	if p, open := s.pools[tenant]; open {
		delete(s.pools, tenant)
		go p.Close() // which waits for connections in use
	}
}

// pool gives a tenant's connections. A tenant whose secret is gone is unknown from now on.
func (s *Store) pool(ctx context.Context, tenant string) (*pool, error) {
	found, err := s.secrets.read(tenant)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.forget(tenant)
		return nil, err
	}
	if p, open := s.pools[tenant]; open {
		return p, nil
	}
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("configure the database: %w", err)
	}
	config.MaxConns, config.MinConns, config.MaxConnIdleTime = int32(max(1, min(poolSize, found.ConnectionLimit))), 0, idle
	config.ConnConfig.ConnectTimeout, config.ConnConfig.Fallbacks = connectTimeout, nil
	config.ConnConfig.RuntimeParams = map[string]string{"application_name": "sample"}
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error { return s.point(tenant, c) }
	opened, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s.pools[tenant] = &pool{Pool: opened}
	return s.pools[tenant], nil
}

// point leads a new connection to where the secret says now.
func (s *Store) point(tenant string, c *pgx.ConnConfig) error {
	found, err := s.secrets.read(tenant)
	if err != nil {
		return err
	}
	if found.Port < 1 || found.Port > math.MaxUint16 {
		return fmt.Errorf("the secret of tenant %s: got port %d", tenant, found.Port)
	}
	c.Host, c.Port, c.Database, c.User, c.Password = found.Host, uint16(found.Port), found.Database, found.Username, found.Password
	c.TLSConfig = &tls.Config{RootCAs: s.roots, ServerName: found.Host, MinVersion: tls.VersionTLS12}
	return nil
}

// prepare makes the schema once. Two that do it at once can both fail but one: the next call finds it there.
func (p *pool) prepare(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready {
		return nil
	}
	var exists bool
	if err := p.QueryRow(ctx, `SELECT to_regclass('note') IS NOT NULL`).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := p.Exec(ctx, schema); err != nil {
			return err
		}
	}
	p.ready = true
	return nil
}

// with does something with a tenant's connections.
func (s *Store) with(ctx context.Context, tenant string, do func(*pool) error) error {
	p, err := s.pool(ctx, tenant)
	if err != nil {
		return err
	}
	if err := p.prepare(ctx); err != nil {
		return explain(err)
	}
	return explain(do(p))
}

// explain tells a tenant's limits from failures (docs/application.md, "Limits").
func explain(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notes.ErrNotFound
	}
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code {
	case "28000": // the role may not log in
		return notes.ErrSuspended
	case "25006", "42501": // over its storage, or limited by an operator
		return notes.ErrReadOnly
	case "53300":
		return notes.ErrTooMany
	}
	return err
}

const columns = `id::text, text, words, created_at`

func scan(row pgx.Row) (n api.Note, err error) {
	err = row.Scan(&n.ID, &n.Text, &n.Words, &n.CreatedAt)
	return n, err
}

// Add implements notes.Store.
func (s *Store) Add(ctx context.Context, tenant, key, text string) (note api.Note, made bool, err error) {
	err = s.with(ctx, tenant, func(p *pool) (err error) {
		note, err = scan(p.QueryRow(ctx, `INSERT INTO note (key, text) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING `+columns, key, text))
		if made = err == nil; made || !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		note, err = scan(p.QueryRow(ctx, `SELECT `+columns+` FROM note WHERE key = $1`, key))
		return err
	})
	return note, made, err
}

// Get implements notes.Store.
func (s *Store) Get(ctx context.Context, tenant, id string) (note api.Note, err error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return note, notes.ErrNotFound
	}
	err = s.with(ctx, tenant, func(p *pool) (err error) {
		note, err = scan(p.QueryRow(ctx, `SELECT `+columns+` FROM note WHERE id = $1`, number))
		return err
	})
	return note, err
}

// List implements notes.Store.
func (s *Store) List(ctx context.Context, tenant string, most int) (list []api.Note, err error) {
	err = s.with(ctx, tenant, func(p *pool) error {
		rows, err := p.Query(ctx, `SELECT `+columns+` FROM note ORDER BY id DESC LIMIT $1`, most)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.Note, error) { return scan(row) })
		return err
	})
	return list, err
}

// mostUncounted is how many notes are looked for at once.
const mostUncounted = 100

// Uncounted are notes whose words nobody has counted, the oldest first.
func (s *Store) Uncounted(ctx context.Context, tenant string) (ids []string, err error) {
	err = s.with(ctx, tenant, func(p *pool) error {
		rows, err := p.Query(ctx, `SELECT id::text FROM note WHERE words IS NULL ORDER BY id LIMIT $1`, mostUncounted)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return ids, err
}

// SetWords implements notes.Store.
func (s *Store) SetWords(ctx context.Context, tenant, id string, words int) error {
	return s.with(ctx, tenant, func(p *pool) error {
		_, err := p.Exec(ctx, `UPDATE note SET words = $2 WHERE id = $1::bigint AND words IS NULL`, id, words)
		return err
	})
}
