package directory

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgpassfile"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/genericcorp/platform/services/provisioner/api"
)

const (
	// every is how long a change stays unknown at most where its notification was lost, or not sent: tenants can fill the queue of
	// notifications, which all share.
	every = 2 * time.Second
	// pause is the least between two questions, as any tenant can notify on any channel, as often as it likes.
	pause = 100 * time.Millisecond
	// patience is how long one question, or a connection, may take: less than MaxAge.
	patience = 5 * time.Second
	// retry is how soon gate tries again when the database does not answer.
	retry = time.Second
)

// Watch keeps a directory. One connection asks, and another hears that it is worth while to ask at once: what tenants do to the second,
// which anybody can notify, does not keep the first from its work.
type Watch struct {
	Directory *Directory
	Database  Database
}

// Database is where the tenants are.
type Database struct {
	Host string
	Port uint16
	Name string
	// PasswordFile is one of PostgreSQL's: it is read for each connection, so that a rotation needs no restart.
	PasswordFile string
	// Roots may have signed the server's certificate.
	Roots *x509.CertPool
}

// Run keeps the directory until the context ends. What goes wrong is logged, and tried again; until then the directory grows old.
func (w *Watch) Run(ctx context.Context) {
	changed := make(chan struct{}, 1)
	var both sync.WaitGroup
	both.Go(func() {
		w.repeat(ctx, "the tenants are not asked for", func(c *pgx.Conn) error { return w.poll(ctx, c, changed) })
	})
	both.Go(func() {
		w.repeat(ctx, "changes of tenants are heard late", func(c *pgx.Conn) error { return listen(ctx, c, changed) })
	})
	both.Wait()
}

// repeat does something with a connection, and again with another one when that failed.
func (w *Watch) repeat(ctx context.Context, consequence string, do func(*pgx.Conn) error) {
	for ctx.Err() == nil {
		connection, err := w.connect(ctx)
		if err == nil {
			err = do(connection)
			soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			_ = connection.Close(soon) // it is given up in any case
			cancel()
		}
		if ctx.Err() != nil {
			return
		}
		slog.Error(consequence, "cause", err)
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
}

// poll asks again and again, at once when something has changed.
func (w *Watch) poll(ctx context.Context, connection *pgx.Conn, changed <-chan struct{}) error {
	for {
		if err := w.ask(ctx, connection); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-time.After(every):
		}
	}
}

// listen passes on that something was notified, and keeps nothing of it.
func listen(ctx context.Context, connection *pgx.Conn, changed chan<- struct{}) error {
	if err := within(ctx, func(ctx context.Context) error {
		_, err := connection.Exec(ctx, "LISTEN "+pgx.Identifier{api.EdgeChannel}.Sanitize())
		return err
	}); err != nil {
		return fmt.Errorf("listen for changes of tenants: %w", err)
	}
	for {
		select {
		case changed <- struct{}{}: // at first for what has changed before
		default: // it is known already
		}
		if err := connection.PgConn().WaitForNotification(ctx); err != nil {
			return fmt.Errorf("wait for changes of tenants: %w", err)
		}
	}
}

func (w *Watch) ask(ctx context.Context, connection *pgx.Conn) error {
	asOf := w.Directory.Now()
	return within(ctx, func(ctx context.Context) error {
		rows, err := connection.Query(ctx, "SELECT slug, tier, state FROM "+pgx.Identifier{api.EdgeSchema, api.EdgeView}.Sanitize()+" LIMIT $1", MaxTenants+1)
		if err != nil {
			return fmt.Errorf("read the tenants: %w", err)
		}
		tenants, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Tenant])
		if err != nil {
			return fmt.Errorf("read the tenants: %w", err)
		}
		return w.Directory.Replace(tenants, asOf)
	})
}

func within(ctx context.Context, do func(context.Context) error) error {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return do(soon)
}

func (w *Watch) connect(ctx context.Context) (*pgx.Conn, error) {
	d := w.Database
	passwords, err := pgpassfile.ReadPassfile(d.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("read the password of the database: %w", err)
	}
	config, err := pgx.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("configure the database: %w", err)
	}
	config.Host, config.Port, config.Database, config.User = d.Host, d.Port, d.Name, api.EdgeRole
	config.Password = passwords.FindPassword(d.Host, strconv.Itoa(int(d.Port)), d.Name, api.EdgeRole)
	config.TLSConfig = &tls.Config{RootCAs: d.Roots, ServerName: d.Host, MinVersion: tls.VersionTLS12}
	config.Fallbacks = nil                                                // never without TLS
	config.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) {} // else each is kept until somebody asks for it
	config.RuntimeParams = map[string]string{"application_name": "gate", "search_path": "pg_catalog"}
	var connection *pgx.Conn
	err = within(ctx, func(ctx context.Context) (err error) {
		connection, err = pgx.ConnectConfig(ctx, config)
		return err
	})
	return connection, err
}
