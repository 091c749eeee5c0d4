package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/printable"
)

// probe writes rows into the living database, one after the other, until it is cut off. Each row counts from the moment the
// server said that it is kept, so that a failover shows what it lost.
type probe struct {
	connect func(context.Context) (*pgx.Conn, error)
	kept    []time.Time   // when the server said so, by the row's number
	done    chan struct{} // closed when the writing has ended
}

const (
	probeSchema = "drill_probe"
	writeEvery  = 50 * time.Millisecond
	writeLimit  = 10 * time.Second // for one row, after which the connection is dead
)

// start makes the probe's table and writes the first row. The others follow until the connection breaks or stop is called.
func (p *probe) start(ctx context.Context) (stop context.CancelFunc, err error) {
	connection, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	const table = "drop schema if exists " + probeSchema + " cascade; create schema " + probeSchema +
		"; create table " + probeSchema + ".rows (number bigint primary key)"
	if _, err := connection.Exec(ctx, table); err != nil {
		return nil, fmt.Errorf("make the probe's table: %w", err)
	}
	if err := p.write(ctx, connection); err != nil {
		return nil, err
	}
	ctx, stop = context.WithCancel(ctx)
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
		for p.write(ctx, connection) == nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(writeEvery):
			}
		}
	}()
	return stop, nil
}

func (p *probe) write(ctx context.Context, connection *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	if _, err := connection.Exec(ctx, "insert into "+probeSchema+".rows values ($1)", len(p.kept)); err != nil {
		return fmt.Errorf("write the probe's row: %w", err)
	}
	p.kept = append(p.kept, time.Now())
	return nil
}

// lost looks which of the rows that the server had promised to keep are there, after the writing has ended. It is the time
// between the last that is and the last that was promised.
func (p *probe) lost(ctx context.Context) (work time.Duration, rows int, err error) {
	<-p.done
	connection, err := p.connect(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	var there, last int64
	const look = "select count(*) filter (where number < $1), coalesce(max(number) filter (where number < $1), -1) from " + probeSchema + ".rows"
	if err := connection.QueryRow(ctx, look, len(p.kept)).Scan(&there, &last); err != nil {
		return 0, 0, fmt.Errorf("look for the probe's rows: %w", err)
	}
	if last < 0 || there != last+1 {
		//page:point-in-time-restore
		return 0, 0, fmt.Errorf("%d of the probe's %s are there, the last of them number %d: not even the first ones are whole", there, printable.Count(len(p.kept), "row"), last)
	}
	return p.kept[len(p.kept)-1].Sub(p.kept[last]), len(p.kept), nil
}

// remove drops what the probe made.
func (p *probe) remove(ctx context.Context) error {
	connection, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	if _, err := connection.Exec(ctx, "drop schema if exists "+probeSchema+" cascade"); err != nil {
		return fmt.Errorf("remove the probe's table: %w", err)
	}
	return nil
}
