package cloud

import (
	"context"

	"github.com/genericcorp/platform/tests/localcloud/servers"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// snapshots implements rds.Snapshots. Each restored server is one more process of the local cloud.
type snapshots struct{ run *run }

func (s snapshots) Create(ctx context.Context, snapshot string) error {
	return s.run.postgres.CreateSnapshot(ctx, snapshot)
}

func (s snapshots) Delete(snapshot string) error { return s.run.postgres.DeleteSnapshot(snapshot) }

func (s snapshots) Restore(ctx context.Context, snapshot, instance string) (int, error) {
	restored, err := s.run.postgres.Restore(ctx, snapshot, instance)
	if err != nil {
		return 0, err
	}
	_, err = s.run.group.Start(ctx, 1, func(ports []int) (supervise.Spec, error) { return restored.RestoredServer(ports[0]), nil })
	return restored.Port(), err
}

func (s snapshots) DeleteRestored(instance string) error {
	s.run.group.End(servers.RestoredName(instance))
	return s.run.postgres.DeleteRestored(instance)
}
