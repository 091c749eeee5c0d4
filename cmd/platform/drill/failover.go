package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/printable"
)

const (
	askEvery      = 500 * time.Millisecond
	steady        = 5 // answers in a row after which the database counts as back
	failoverLimit = 10 * time.Minute
)

// failover forces the database onto its standby and asks it, through the provisioner, until it answers again. A probe, which
// writes until it is cut off, tells what was lost; without one nothing is failed over.
func (d *Drill) failover(ctx context.Context, r *Result) (err error) {
	database, err := d.database(ctx)
	if err != nil {
		return err
	}
	before, err := d.Tenants.List(ctx)
	if err != nil {
		return err
	}
	source, err := database.describe(ctx, database.id)
	if err != nil {
		return err
	}
	p := probe{connect: func(ctx context.Context) (*pgx.Conn, error) { return d.connect(ctx, database, source) }}
	stop, err := p.start(ctx)
	if err != nil {
		return fmt.Errorf("nothing was failed over, since what it loses could not be measured: %w", err)
	}
	defer func() {
		stop()
		ctx, cancel := cleanup(ctx)
		defer cancel()
		err = errors.Join(err, p.remove(ctx))
	}()
	asked := time.Now()
	_, err = database.client.RebootDBInstance(ctx, &rds.RebootDBInstanceInput{DBInstanceIdentifier: aws.String(database.id), ForceFailover: aws.Bool(true)})
	if err != nil {
		return fmt.Errorf("fail %s over: %w", database.id, err)
	}
	after, failed, err := d.untilSteady(ctx, r, asked)
	if err != nil {
		return err
	}
	described := &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(database.id)}
	if err := rds.NewDBInstanceAvailableWaiter(database.client).Wait(ctx, described, failoverLimit); err != nil {
		return fmt.Errorf("wait for instance %s: %w", database.id, err)
	}
	d.note(r, "%s went unanswered, from the order to the first answer of those that lasted %s", printable.Count(failed, "question"), Short(seconds(r.RTOSeconds)))
	stop()
	lost, rows, err := p.lost(ctx)
	if err != nil {
		return err
	}
	r.lost(lost)
	d.note(r, "of %s written until the connection broke, what the last %s wrote is lost", printable.Count(rows, "row"), Short(lost))
	return d.unchanged(r, before.Tenants, after.Tenants)
}

// unchanged compares the tenants with what they were.
func (d *Drill) unchanged(r *Result, before, after []tenant.Listed) error {
	if len(after) != len(before) {
		//page:point-in-time-restore
		return fmt.Errorf("the number of tenants was %d before, and is %d after", len(before), len(after))
	}
	for i := range before {
		if was, is := before[i], after[i]; was.Slug != is.Slug || was.Tables != is.Tables || was.State != is.State {
			//page:point-in-time-restore
			return fmt.Errorf("tenant %s was %s with %s, and is %s with %d", was.Slug, was.State, printable.Count(was.Tables, "table"), is.State, is.Tables)
		}
	}
	d.note(r, "as they were: %s", printable.Count(len(after), "tenant"))
	return nil
}

// untilSteady asks for the tenants until several answers in a row came. The recovery ends with the first of these.
func (d *Drill) untilSteady(ctx context.Context, r *Result, began time.Time) (list *tenant.List, failed int, err error) {
	//page:database-failover
	ctx, cancel := context.WithTimeoutCause(ctx, failoverLimit, fmt.Errorf("the database does not answer after %s", failoverLimit))
	defer cancel()
	for inRow := 0; inRow < steady; {
		list, err = d.Tenants.List(ctx)
		switch {
		case err != nil:
			inRow = 0
			failed++
		case inRow == 0:
			r.RTOSeconds = time.Since(began).Seconds()
			inRow++
		default:
			inRow++
		}
		select {
		case <-ctx.Done():
			return nil, failed, fmt.Errorf("%w; its last answer: %w", context.Cause(ctx), err)
		case <-time.After(askEvery):
		}
	}
	return list, failed, nil
}
