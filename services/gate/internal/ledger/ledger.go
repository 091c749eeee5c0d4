// Package ledger hands what tenants used to the shared database, where all gates' counts come together.
package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/gate/internal/database"
	"github.com/genericcorp/platform/services/gate/internal/usage"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Ledger implements usage.Ledger. It keeps a connection from one batch to the next, and is for one caller at a time.
type Ledger struct {
	Database database.Database

	connection *pgx.Conn // nil: none yet, or none any more
}

var handOver = "SELECT " + pgx.Identifier{api.EdgeSchema, api.EdgeRecord}.Sanitize() + "($1, $2, $3, $4)"

// Record hands over a batch. What it does not know to be taken may have been taken all the same: handed over again, it counts once.
func (l *Ledger) Record(ctx context.Context, b usage.Batch) error {
	rows, err := json.Marshal(rowsOf(b))
	if err != nil {
		return fmt.Errorf("write what tenants used: %w", err)
	}
	kept := l.connection != nil
	err = l.record(ctx, b, string(rows))
	if err != nil && kept { // the session may have ended since the last batch, as with a rotation of the password or a failover
		err = l.record(ctx, b, string(rows))
	}
	return err
}

func (l *Ledger) record(ctx context.Context, b usage.Batch, rows string) (err error) {
	if l.connection == nil {
		if l.connection, err = l.Database.Connect(ctx); err != nil {
			return fmt.Errorf("reach the ledger: %w", err)
		}
	}
	err = database.Within(ctx, func(ctx context.Context) error {
		_, err := l.connection.Exec(ctx, handOver, b.Source, b.Sequence, b.Dropped, rows)
		return err
	})
	if err != nil {
		l.Close(ctx)
		return fmt.Errorf("hand over what tenants used: %w", err)
	}
	return nil
}

// Close ends the connection, if there is one.
func (l *Ledger) Close(ctx context.Context) {
	if l.connection != nil {
		database.Close(ctx, l.connection)
		l.connection = nil
	}
}

func rowsOf(b usage.Batch) []api.UsageRow {
	rows := make([]api.UsageRow, 0, len(b.Rows)) // never null, which is no list
	for _, r := range b.Rows {
		rows = append(rows, api.UsageRow{
			Tenant: r.Tenant, Hour: r.Hour, Served: r.Served, Refused: r.Refused, Admitted: r.Admitted,
			BytesIn: r.BytesIn, BytesOut: r.BytesOut, Milliseconds: r.Duration.Milliseconds(),
			Valid: r.Valid, Failed: r.Failed, Slow: r.Slow,
		})
	}
	return rows
}
