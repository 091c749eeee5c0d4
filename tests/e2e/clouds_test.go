package e2e

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cloudCommand is the local cloud's own command, without any deployment.
type cloudCommand string

func buildCloud(t *testing.T) cloudCommand {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "localcloud")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../localcloud").CombinedOutput()
	require.NoError(t, err, string(out))
	return cloudCommand(binary)
}

// start returns the state of a new local cloud, which is stopped at the end of the test.
func (c cloudCommand) start(t *testing.T) (dir string, running state) {
	t.Helper()
	dir, err := os.MkdirTemp("", "localcloud-")
	require.NoError(t, err)
	t.Cleanup(func() {
		_, _ = c.run("stop", dir)
		_ = os.RemoveAll(dir)
	})
	out, err := c.run("start", dir)
	require.NoError(t, err, out)
	require.NoError(t, json.Unmarshal([]byte(out), &running))
	return dir, running
}

func (c cloudCommand) run(verb, dir string, flags ...string) (string, error) {
	cmd := exec.Command(string(c), append([]string{verb, "--dir", dir}, flags...)...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return said.String(), err
	}
	return string(out), nil
}

// running lists the processes that still exist.
func (s state) running() []string {
	var names []string
	for _, p := range s.Processes {
		if runs(p.PID) {
			names = append(names, p.Name)
		}
	}
	return names
}

func TestTwoLocalCloudsRunAtOnce(t *testing.T) {
	command := buildCloud(t)
	firstDir, first := command.start(t)
	_, second := command.start(t)
	assert.NotEqual(t, first.AWSEndpoint, second.AWSEndpoint)
	assert.NotEqual(t, first.Generation, second.Generation)
	addresses := map[string]string{}
	for _, p := range append(first.Processes, second.Processes...) {
		assert.Empty(t, addresses[p.Address], "%s and %s have one address", p.Name, addresses[p.Address])
		addresses[p.Address] = p.Name
	}
	again, err := command.run("start", firstDir)
	require.NoError(t, err)
	var same state
	require.NoError(t, json.Unmarshal([]byte(again), &same))
	assert.Equal(t, first.Generation, same.Generation, "a second start finds the one that runs")
	address, err := url.Parse(second.AWSEndpoint)
	require.NoError(t, err)
	said, err := command.run("start", firstDir, "--port", address.Port())
	require.Error(t, err)
	assert.Contains(t, said, "the local cloud runs already, at "+first.AWSEndpoint)
	said, err = command.run("start", filepath.Join(t.TempDir(), "third"), "--port", address.Port())
	require.Error(t, err)
	assert.Contains(t, said, "port "+address.Port()+" of 127.0.0.1 is taken by another program")

	out, err := command.run("stop", firstDir)
	require.NoError(t, err, out)
	assert.Empty(t, first.running(), "the first has stopped")
	address, err = url.Parse(first.AWSEndpoint)
	require.NoError(t, err)
	out, err = command.run("start", firstDir, "--port", address.Port())
	require.NoError(t, err, out)
	require.NoError(t, json.Unmarshal([]byte(out), &same))
	assert.Equal(t, first.AWSEndpoint, same.AWSEndpoint, "the port that was chosen")
	assert.Len(t, second.running(), len(second.Processes), "the second has not")
}

func TestNoProcessOutlivesAKilledSupervisor(t *testing.T) {
	command := buildCloud(t)
	dir, cloud := command.start(t)
	require.NoError(t, syscall.Kill(cloud.PID, syscall.SIGKILL))
	require.Eventually(t, func() bool { return len(cloud.running()) == 0 }, 20*time.Second, 100*time.Millisecond,
		"still running: %v", cloud.running())
	out, err := command.run("status", dir)
	require.Error(t, err, out)
	assert.Contains(t, out, "no local cloud runs")
	out, err = command.run("start", dir)
	require.NoError(t, err, "the next start is a normal one: %s", out)
}
