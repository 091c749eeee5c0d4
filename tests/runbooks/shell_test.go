package runbooks

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// shell is one bash session, in which the blocks of a page run one after the other. As in the shell of a careful person, the
// first command that fails ends it.
type shell struct {
	scratch string
	run     int // scripts so far
	in      io.WriteCloser
	ended   *bufio.Reader // a line for each script that has ended, with its exit code
	said    string        // the file with what the session says outside of the scripts
	close   func()
}

// openShell starts a session in dir. It ends with the test, at the latest after longestPage.
func (c *cloud) openShell(t *testing.T, dir string) *shell {
	t.Helper()
	s := &shell{scratch: t.TempDir()}
	s.said = filepath.Join(s.scratch, "said")
	said, err := os.Create(s.said)
	require.NoError(t, err)
	ended, report, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.CommandContext(testcloud.Context(t), "timeout", "--signal=TERM", fmt.Sprint(longestPage.Seconds()), "bash", "-euo", "pipefail")
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = dir, said, said, []*os.File{report}
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(c.platform)+string(os.PathListSeparator)+os.Getenv("PATH"))
	s.in, err = cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	require.NoError(t, report.Close())
	s.ended = bufio.NewReader(ended)
	closed := false
	s.close = func() {
		if !closed {
			closed = true
			_ = s.in.Close()
			_ = cmd.Wait() // its trap has removed what the page was about
			_ = ended.Close()
			_ = said.Close()
		}
	}
	t.Cleanup(s.close)
	return s
}

// try runs a script in the session, where its variables stay, and returns what it printed. A script that fails ends the session.
func (s *shell) try(script string) (output string, ok bool) {
	return s.send(script, ". %s </dev/null >%s 2>&1 3>&-; echo 0 >&3\n")
}

// aside runs a script in a copy of the session: what it sets or breaks in the shell is forgotten.
func (s *shell) aside(script string) (output string, ok bool) {
	return s.send(script, "set +e; (set -e; . %s) </dev/null >%s 2>&1 3>&-; echo $? >&3; set -e\n")
}

func (s *shell) send(script, how string) (output string, ok bool) {
	s.run++
	file := filepath.Join(s.scratch, fmt.Sprintf("%d.sh", s.run))
	out := strings.TrimSuffix(file, ".sh") + ".out"
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return err.Error(), false
	}
	_, _ = fmt.Fprintf(s.in, how, file, out) // a session that has ended answers nothing
	code, err := s.ended.ReadString('\n')
	raw, _ := os.ReadFile(out)
	return string(raw), err == nil && code == "0\n"
}

// must runs a script of the test's own, not of a page.
func (s *shell) must(t *testing.T, script string) string {
	t.Helper()
	output, ok := s.try(script)
	require.True(t, ok, "%s\n%s", script, output)
	return output
}
