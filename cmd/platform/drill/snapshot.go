package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/genericcorp/platform/internal/printable"
)

const (
	suffix        = "-drill"      // of the snapshot and the instance that a drill makes
	snapshotLimit = 2 * time.Hour // for a snapshot to be taken
	restoreLimit  = 4 * time.Hour // for an instance to be built
	removeLimit   = 30 * time.Minute
)

// snapshot takes a snapshot of the database, builds an instance from it, and looks into it.
func (d *Drill) snapshot(ctx context.Context, r *Result) (err error) {
	database, err := d.database(ctx)
	if err != nil {
		return err
	}
	source, err := database.describe(ctx, database.id)
	if err != nil {
		return err
	}
	if latest := source.LatestRestorableTime; latest != nil {
		r.lost(time.Since(*latest))
		d.note(r, "the database can be restored to %s", latest.UTC().Format(time.RFC3339))
	} else {
		d.note(r, "the database tells no latest restorable time: it makes no backups by itself (a local cloud makes none)")
	}
	if err := database.remove(ctx); err != nil { // what an earlier drill left
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
		defer cancel()
		err = errors.Join(err, database.remove(ctx))
	}()
	list, err := d.Tenants.List(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := database.take(ctx); err != nil {
		return err
	}
	d.note(r, "the snapshot took %s", Short(time.Since(began)))

	began = time.Now()
	restored, err := database.restore(ctx, source)
	if err != nil {
		return err
	}
	d.note(r, "the instance was built in %s", Short(time.Since(began)))
	schemas, err := d.look(ctx, database, restored)
	if err != nil {
		return err
	}
	r.RTOSeconds = time.Since(began).Seconds()
	for _, l := range list.Tenants {
		if tables, there := schemas[l.Schema]; !there || tables != l.Tables {
			//page:point-in-time-restore
			return fmt.Errorf("tenant %s has %s, in the restored database %d", l.Slug, printable.Count(l.Tables, "table"), tables)
		}
	}
	d.note(r, "it holds the schemas of all (%s), with as many tables each", printable.Count(len(list.Tenants), "tenant"))
	return nil
}

// database is the environment's database instance.
type database struct {
	client *rds.Client
	config aws.Config
	id     string
}

func (d *Drill) database(ctx context.Context) (*database, error) {
	config, id, err := d.Tenants.Database(ctx)
	if err != nil {
		return nil, err
	}
	return &database{client: rds.NewFromConfig(config), config: config, id: id}, nil
}

func (d *database) copyID() *string { return aws.String(d.id + suffix) }

func (d *database) describe(ctx context.Context, id string) (types.DBInstance, error) {
	out, err := d.client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(id)})
	if err != nil {
		return types.DBInstance{}, fmt.Errorf("describe instance %s: %w", id, err)
	}
	if len(out.DBInstances) != 1 {
		//page:point-in-time-restore
		return types.DBInstance{}, fmt.Errorf("describe instance %s: got %d instances", id, len(out.DBInstances))
	}
	return out.DBInstances[0], nil
}

// take takes the snapshot.
func (d *database) take(ctx context.Context) error {
	_, err := d.client.CreateDBSnapshot(ctx, &rds.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String(d.id), DBSnapshotIdentifier: d.copyID()})
	if err != nil {
		return fmt.Errorf("take a snapshot of %s: %w", d.id, err)
	}
	err = rds.NewDBSnapshotAvailableWaiter(d.client).Wait(ctx, &rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: d.copyID()}, snapshotLimit)
	if err != nil {
		return fmt.Errorf("wait for the snapshot of %s: %w", d.id, err)
	}
	return nil
}

// restore builds an instance like the source, in one zone, reached by those who reach the source.
func (d *database) restore(ctx context.Context, source types.DBInstance) (types.DBInstance, error) {
	in := &rds.RestoreDBInstanceFromDBSnapshotInput{
		DBInstanceIdentifier: d.copyID(), DBSnapshotIdentifier: d.copyID(), DBInstanceClass: source.DBInstanceClass,
		MultiAZ: aws.Bool(false), PubliclyAccessible: aws.Bool(false), DeletionProtection: aws.Bool(false), Tags: source.TagList,
	}
	if source.DBSubnetGroup != nil {
		in.DBSubnetGroupName = source.DBSubnetGroup.DBSubnetGroupName
	}
	if len(source.DBParameterGroups) > 0 {
		in.DBParameterGroupName = source.DBParameterGroups[0].DBParameterGroupName
	}
	for _, group := range source.VpcSecurityGroups {
		in.VpcSecurityGroupIds = append(in.VpcSecurityGroupIds, aws.ToString(group.VpcSecurityGroupId))
	}
	if _, err := d.client.RestoreDBInstanceFromDBSnapshot(ctx, in); err != nil {
		return types.DBInstance{}, fmt.Errorf("restore the snapshot of %s: %w", d.id, err)
	}
	described := &rds.DescribeDBInstancesInput{DBInstanceIdentifier: d.copyID()}
	if err := rds.NewDBInstanceAvailableWaiter(d.client).Wait(ctx, described, restoreLimit); err != nil {
		return types.DBInstance{}, fmt.Errorf("wait for instance %s: %w", *d.copyID(), err)
	}
	return d.describe(ctx, *d.copyID())
}

// remove deletes the drill's own instance and snapshot, and nothing else. Those that are not there need no deleting.
func (d *database) remove(ctx context.Context) error {
	_, err := d.client.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: d.copyID(), SkipFinalSnapshot: aws.Bool(true), DeleteAutomatedBackups: aws.Bool(true),
	})
	var noInstance *types.DBInstanceNotFoundFault
	if err == nil {
		described := &rds.DescribeDBInstancesInput{DBInstanceIdentifier: d.copyID()}
		err = rds.NewDBInstanceDeletedWaiter(d.client).Wait(ctx, described, removeLimit)
	}
	if err != nil && !errors.As(err, &noInstance) {
		return fmt.Errorf("delete the drill's instance %s: %w", *d.copyID(), err)
	}
	_, err = d.client.DeleteDBSnapshot(ctx, &rds.DeleteDBSnapshotInput{DBSnapshotIdentifier: d.copyID()})
	var noSnapshot *types.DBSnapshotNotFoundFault
	if err != nil && !errors.As(err, &noSnapshot) {
		return fmt.Errorf("delete the drill's snapshot %s: %w", *d.copyID(), err)
	}
	return nil
}
