package cloud

import (
	"context"

	"github.com/genericcorp/platform/tests/localcloud/servers"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// copies keeps the copies of the database server, each of which is one more process of the local cloud.
type copies struct{ run *run }

func (c copies) Snapshot(ctx context.Context, snapshot string) error {
	return c.run.postgres.Snapshot(ctx, snapshot)
}

func (c copies) RemoveSnapshot(snapshot string) error { return c.run.postgres.RemoveSnapshot(snapshot) }

func (c copies) Restore(ctx context.Context, snapshot, instance string) (int, error) {
	restored, err := c.run.postgres.Copy(ctx, snapshot, instance)
	if err != nil {
		return 0, err
	}
	_, err = c.run.group.Start(ctx, 1, func(ports []int) (supervise.Spec, error) { return restored.CopyServer(ports[0]), nil })
	return restored.Port(), err
}

func (c copies) RemoveRestored(instance string) error {
	c.run.group.End(servers.CopyName(instance))
	return c.run.postgres.RemoveCopy(instance)
}
