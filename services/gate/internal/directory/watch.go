package directory

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/gate/internal/database"
	"github.com/genericcorp/platform/services/provisioner/api"
)

const (
	// every is how long a change stays unknown at most where its notification was lost, or not sent: tenants can fill the queue of
	// notifications, which all share.
	every = 2 * time.Second
	// pause is the least between two questions, as any tenant can notify on any channel, as often as it likes.
	pause = 100 * time.Millisecond
	// retry is how soon gate tries again when the database does not answer.
	retry = time.Second
)

// Watch keeps a directory, with what tenants have used of their day. One connection asks, and another hears that it is worth while to ask at once: what tenants do to the second,
// which anybody can notify, does not keep the first from its work.
type Watch struct {
	Directory *Directory
	Database  database.Database
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
		connection, err := w.Database.Connect(ctx)
		if err == nil {
			err = do(connection)
			database.Close(ctx, connection)
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
	var today usedToday
	for {
		if err := w.ask(ctx, connection, &today); err != nil {
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
	if err := database.Within(ctx, func(ctx context.Context) error {
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

// usedToday is what the ledger has of the tenants' day.
type usedToday struct {
	asOf time.Time
	of   map[string]Today // by slug
}

func (w *Watch) ask(ctx context.Context, connection *pgx.Conn, today *usedToday) error {
	asOf := w.Directory.Now()
	return database.Within(ctx, func(ctx context.Context) error {
		rows, err := connection.Query(ctx, "SELECT slug, tier, state FROM "+pgx.Identifier{api.EdgeSchema, api.EdgeView}.Sanitize()+" LIMIT $1", MaxTenants+1)
		if err != nil {
			return fmt.Errorf("read the tenants: %w", err)
		}
		tenants, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Tenant])
		if err != nil {
			return fmt.Errorf("read the tenants: %w", err)
		}
		// Its sums cost the database more than the tenants do, and a notification says nothing of them.
		if asOf.Sub(today.asOf) >= every {
			if today.of, err = w.used(ctx, connection); err != nil {
				return fmt.Errorf("read what tenants have used today: %w", err)
			}
			today.asOf = asOf
		}
		for i, t := range tenants {
			tenants[i].Today = today.of[t.Slug]
		}
		return w.Directory.Replace(tenants, asOf)
	})
}

// used asks the ledger. It tells of tenants that there are, so of no more of them, and how long the day still lasts: by its own clock, since a
// gate's may be another. Here only time that passes is measured.
func (w *Watch) used(ctx context.Context, connection *pgx.Conn) (map[string]Today, error) {
	rows, err := connection.Query(ctx, "SELECT slug, admitted, ends - now() FROM "+pgx.Identifier{api.EdgeSchema, api.EdgeToday}.Sanitize()+" LIMIT $1", MaxTenants)
	if err != nil {
		return nil, err
	}
	of := map[string]Today{}
	var slug string
	var admitted int64
	var left time.Duration
	_, err = pgx.ForEachRow(rows, []any{&slug, &admitted, &left}, func() error {
		of[slug] = Today{Admitted: admitted, Ends: w.Directory.Now().Add(left)}
		return nil
	})
	return of, err
}
