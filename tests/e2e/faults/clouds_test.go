package faults

import (
	"encoding/json"
	"fmt"
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

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/testcloud"
)

// cloudCommand is the local cloud's own command, without any deployment.
type cloudCommand string

// start starts the local cloud of a new one's folder, which is taken down at the end of the test.
func (command cloudCommand) start(t *testing.T) *testcloud.Cloud {
	t.Helper()
	c := testcloud.Stopped(t)
	t.Cleanup(func() { // the operator's command does not take its folder for a local cloud's once it is stopped
		out, err := command.run("stop", c.Dir)
		assert.NoError(t, err, out)
		assert.NoError(t, os.RemoveAll(c.Dir))
	})
	out, err := command.run("start", c.Dir)
	require.NoError(t, err, out)
	c.Load(t)
	return c
}

// run returns what the command printed as its result, or when it failed what it printed of that.
func (command cloudCommand) run(verb, dir string, flags ...string) (string, error) {
	cmd := exec.Command(string(command), append([]string{verb, "--dir", dir}, flags...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return stderr.String(), err
	}
	return string(out), nil
}

func TestTwoLocalCloudsRunAtOnce(t *testing.T) {
	command := cloudCommand(testcloud.LocalCloud(t))
	first, second := command.start(t), command.start(t)
	assert.NotEqual(t, first.AWSEndpoint, second.AWSEndpoint)
	assert.NotEqual(t, first.Generation, second.Generation)
	addresses := map[string]string{}
	for _, p := range append(first.Processes, second.Processes...) {
		assert.Empty(t, addresses[p.Address], "%s and %s have one address", p.Name, addresses[p.Address])
		addresses[p.Address] = p.Name
	}
	again, err := command.run("start", first.Dir)
	require.NoError(t, err)
	var same localcloud.State
	require.NoError(t, json.Unmarshal([]byte(again), &same))
	assert.Equal(t, first.Generation, same.Generation, "a second start finds the one that runs")
	address, err := url.Parse(second.AWSEndpoint)
	require.NoError(t, err)
	printed, err := command.run("start", first.Dir, "--port", address.Port())
	require.Error(t, err)
	assert.Contains(t, printed, "the local cloud runs already, at "+first.AWSEndpoint)
	printed, err = command.run("start", filepath.Join(t.TempDir(), "third"), "--port", address.Port())
	require.Error(t, err)
	assert.Contains(t, printed, "port "+address.Port()+" of 127.0.0.1 is taken by another program")

	out, err := command.run("stop", first.Dir)
	require.NoError(t, err, out)
	assert.Empty(t, first.Running(), "the first has stopped")
	address, err = url.Parse(first.AWSEndpoint)
	require.NoError(t, err)
	out, err = command.run("start", first.Dir, "--port", address.Port())
	require.NoError(t, err, out)
	require.NoError(t, json.Unmarshal([]byte(out), &same))
	assert.Equal(t, first.AWSEndpoint, same.AWSEndpoint, "the port that was chosen")
	assert.Len(t, second.Running(), len(second.Processes)+1, "the second has not, nor its supervisor")
}

func TestNoProcessOutlivesAKilledSupervisor(t *testing.T) {
	command := cloudCommand(testcloud.LocalCloud(t))
	cloud := command.start(t)
	require.NoError(t, syscall.Kill(cloud.PID, syscall.SIGKILL))
	require.Eventually(t, func() bool { return len(cloud.Running()) == 0 }, time.Minute, 100*time.Millisecond,
		"still running: %v", cloud.Running())
	out, err := command.run("status", cloud.Dir)
	require.Error(t, err, out)
	assert.Contains(t, out, "the local cloud is not running in "+cloud.Dir)
	out, err = command.run("start", cloud.Dir)
	require.NoError(t, err, "the next start is a normal one: %s", out)
}

// A local cloud whose folder was removed under it is found by what it was started for, and stopped.
func TestAFolderThatIsRemovedUnderARunningCloud(t *testing.T) {
	c := testcloud.Empty(t)
	require.Len(t, c.Running(), len(c.Processes)+1)
	require.NoError(t, os.RemoveAll(c.Dir))
	out, err := c.Command(t, "local", "down").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), fmt.Sprintf("the folder %s of a local cloud that runs was removed: stopping it (process %d)", c.Dir, c.PID))
	assert.Empty(t, c.Running())
	out, err = c.Command(t, "local", "down").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "there is no local cloud in "+c.Dir)
}

// A start in such a folder stops the old one first: it has all names that the new one is to have.
func TestAStartWhereTheFolderWasRemoved(t *testing.T) {
	c := testcloud.Empty(t)
	old := *c
	require.NoError(t, os.RemoveAll(c.Dir))
	c.Platform(t, nil, "local", "start")
	c.Load(t)
	assert.NotEqual(t, old.PID, c.PID)
	assert.Empty(t, old.Running())
	assert.Len(t, c.Running(), len(c.Processes)+1)
}
