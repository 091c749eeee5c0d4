package localenv

import (
	"context"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// Preview tells what Up would change. It starts the local cloud unless it runs.
func (c Cloud) Preview(ctx context.Context) (progress.Snapshot, error) {
	s, err := c.start(ctx)
	if err != nil {
		return progress.Snapshot{}, err
	}
	defer s.release()
	log, err := openLog(s.folder)
	if err != nil {
		return progress.Snapshot{}, err
	}
	defer func() { _ = log.Close() }()
	watched, runner, release := c.watch(ctx, s.state)
	defer release()

	stack, _, err := s.open(watched, c, c.program(runner, log))
	if err != nil {
		return progress.Snapshot{}, causeOf(err, s.state)
	}
	last, err := c.follow(readExpected(c.Cache), log.Name(), func(t progress.Observer) error {
		return stack.Preview(watched, c.Operation, t)
	})
	return last, causeOf(err, s.state)
}
