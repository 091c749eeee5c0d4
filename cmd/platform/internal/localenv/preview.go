package localenv

import (
	"context"
	"os"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// Preview tells what Up would change in the environment's stack. It starts the local cloud unless it runs.
func (c Cloud) Preview(ctx context.Context) (last progress.Snapshot, err error) {
	err = c.onStarted(ctx, func(ctx context.Context, s *started, runner process.Runner, log *os.File) error {
		stack, _, err := s.open(ctx, c, Stack, c.program(runner, log))
		if err != nil {
			return err
		}
		last, err = c.follow(readExpected(c.Cache), log.Name(), func(t progress.Observer) error { return stack.Preview(ctx, c.Operation, t) })
		return err
	})
	return last, err
}

// onStarted does something on the local cloud, which is started unless it runs.
func (c Cloud) onStarted(ctx context.Context, work func(context.Context, *started, process.Runner, *os.File) error) error {
	s, err := c.start(ctx)
	if err != nil {
		return err
	}
	defer s.release()
	log, err := openLog(s.folder)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	watched, runner, release := c.watch(ctx, s.state)
	defer release()
	return causeOf(work(watched, s, runner, log), s.state)
}
