package root

import (
	"errors"
	"io"
	"os/exec"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoCommandActsOnTheTerminal runs commands on a terminal that answers nothing: a question would cost five seconds. What
// others have chosen, here the name of a file, is no command to it either.
func TestNoCommandActsOnTheTerminal(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"version": {"version"}, "help": {"--help"}, "mistake": {"lokal"}, "text of others": {"cost", "--file", "x\x1b[2J"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("platform", args...)
			cmd.Env = append(cmd.Environ(), "TERM=xterm-256color", "CI=")
			terminal, err := pty.Start(cmd)
			require.NoError(t, err)
			defer func() { _ = terminal.Close() }()
			printed, err := io.ReadAll(terminal)
			if !errors.Is(err, syscall.EIO) { // the end of a terminal, on Linux
				require.NoError(t, err)
			}
			_ = cmd.Wait()
			require.NotEmpty(t, printed)
			assert.NotContains(t, string(printed), "\x1b", "an escape sequence, which a terminal may have to answer")
		})
	}
}
