package required_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
)

// outcome is a test that notes how it ended.
type outcome struct {
	testing.TB
	failed, skipped string
}

func (o *outcome) Helper()           {}
func (o *outcome) Fatal(args ...any) { o.failed, _ = args[0].(string) }
func (o *outcome) Skip(args ...any)  { o.skipped, _ = args[0].(string) }

func TestMissing(t *testing.T) {
	const reason = "missing on the PATH: no-such-program or neither-this: install it"
	for ci, want := range map[string]outcome{
		"":     {skipped: reason},
		"true": {failed: reason + " (in CI nothing may be left out)"},
	} {
		t.Setenv("CI", ci)
		var got outcome
		require.Empty(t, required.Program(&got, "install it", "no-such-program", "neither-this"))
		require.Equal(t, want, got)
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	require.Regexp(t, "/sh$", required.Program(t, "every system has one", "no-such-program", "sh"))
}
