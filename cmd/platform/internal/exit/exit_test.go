package exit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

func TestEveryErrorHasACode(t *testing.T) {
	t.Parallel()
	broken := errors.New("it broke")
	for want, errs := range map[exit.Code][]error{
		exit.OK:          {nil, exit.UsageError(nil)},
		exit.Failed:      {broken},
		exit.Usage:       {exit.UsageError(broken), fmt.Errorf("read: %w", exit.Usagef("--file: %w", broken))},
		exit.Changes:     {exit.With(exit.Changes, broken)},
		exit.Interrupted: {context.Canceled, fmt.Errorf("wait: %w", context.Canceled)},
	} {
		for _, err := range errs {
			assert.Equal(t, want, exit.Of(err), err)
		}
	}
	assert.ErrorIs(t, exit.UsageError(broken), broken)
}

func TestTableNamesEveryCode(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Exit codes: 0 done, 1 failed, 2 wrong arguments, settings or files (nothing was started), "+
		"3 preview --expect-no-changes found changes, 4 no such tenant, 130 interrupted.", exit.Table())
}
