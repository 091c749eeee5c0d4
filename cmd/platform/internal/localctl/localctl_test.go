package localctl_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/internal/localcloud"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client returns a client of a program that is a shell script with the given text.
func client(t *testing.T, script string) (localctl.Client, *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "localcloud")
	require.NoError(t, os.WriteFile(binary, []byte("#!/bin/sh\n"+script), 0o700))
	var log bytes.Buffer
	return localctl.Client{Binary: binary, Dir: dir, Log: &log}, &log
}

func stateText(pid int) string {
	return fmt.Sprintf(`{"pid":%d,"generation":"g1","env":{"B":"2","A":"1"},"processes":[`+
		`{"name":"moto","pid":%d,"log":"/d/logs/moto.log","healthy":false}]}`, pid, pid)
}

func gone(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())
	return cmd.Process.Pid
}

func TestStartPassesMessagesThroughAndReadsTheState(t *testing.T) {
	c, log := client(t, `echo "starting moto" >&2; echo '`+stateText(os.Getpid())+`'`)
	state, err := c.Start(context.Background())
	require.NoError(t, err)
	require.Equal(t, "g1", state.Generation)
	require.Equal(t, []string{"A=1", "B=2"}, state.Environ())
	require.Equal(t, state.Processes, state.Unhealthy())
	require.Equal(t, "starting moto\n", log.String())
}

func TestFailureCarriesTheEndOfWhatTheProgramSaid(t *testing.T) {
	c, _ := client(t, `echo "starting"  >&2; echo "moto: address already in use" >&2; exit 3`)
	_, err := c.Start(context.Background())
	require.EqualError(t, err, "start the local cloud: exit status 3: moto: address already in use")
	var failed *localctl.CommandError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "starting\nmoto: address already in use", failed.Output())
}

func TestStartRefusesAnIncompleteState(t *testing.T) {
	c, _ := client(t, `echo '{"pid":1}'`)
	_, err := c.Start(context.Background())
	require.EqualError(t, err, "read the local cloud's state: it names no process or no generation")
}

func TestStatus(t *testing.T) {
	cases := map[string]struct {
		recorded string
		script   string
		err      error
	}{
		"never started":     {"", "exit 1", localcloud.ErrNotRunning},
		"ended":             {stateText(gone(t)), "exit 1", localcloud.ErrNotRunning},
		"runs":              {stateText(os.Getpid()), "echo '" + stateText(os.Getpid()) + "'", nil},
		"unhealthy":         {stateText(os.Getpid()), "echo '" + stateText(os.Getpid()) + "'; exit 1", nil},
		"ended just now":    {stateText(os.Getpid()), "echo null", localcloud.ErrNotRunning},
		"program will fail": {stateText(os.Getpid()), "exit 1", &localctl.CommandError{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := client(t, c.script)
			if c.recorded != "" {
				require.NoError(t, os.WriteFile(filepath.Join(client.Dir, "state.json"), []byte(c.recorded), 0o600))
			}
			_, err := client.Status(context.Background())
			var failed *localctl.CommandError
			switch {
			case c.err == nil:
				require.NoError(t, err)
			case name == "program will fail":
				require.ErrorAs(t, err, &failed)
			default:
				require.ErrorIs(t, err, c.err)
			}
		})
	}
}

func TestWatchNamesTheProcessThatDiedAndItsLog(t *testing.T) {
	state := localcloud.State{PID: os.Getpid(), Processes: []localcloud.Process{
		{Name: "gateway", PID: os.Getpid(), Log: "/d/logs/gateway.log"},
		{Name: "moto", PID: gone(t), Log: "/d/logs/moto.log"},
	}}
	found := make(chan error, 1)
	localctl.Watch(context.Background(), state, time.Millisecond, func(err error) { found <- err })
	require.EqualError(t, <-found,
		fmt.Sprintf("moto of the local cloud died (process %d); its log is /d/logs/moto.log", state.Processes[1].PID))

	state.Processes = append(state.Processes, localcloud.Process{Name: "redis", PID: gone(t), Log: "/d/logs/redis.log"})
	require.EqualError(t, localctl.FindDead(state),
		"moto, redis of the local cloud died; which was the first is in /d/logs/supervisor.log", "the supervisor ends what is left")

	state.Processes = append(state.Processes[:1], localcloud.Process{Name: "kube-apiserver", PID: gone(t), Restarts: true})
	require.NoError(t, localctl.FindDead(state), "the supervisor starts it again")
	state.PID = gone(t)
	require.ErrorContains(t, localctl.FindDead(state), "the supervisor of the local cloud died")
}

func TestWatchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	localctl.Watch(ctx, localcloud.State{PID: os.Getpid()}, time.Millisecond, func(err error) { t.Error(err) })
}

// Two checkouts may have different versions: a running local cloud keeps the program of its own.
// TestAnotherCheckoutsCloudAnswers asks and stops a local cloud from a checkout that has built no program, such as a fresh copy.
func TestAnotherCheckoutsCloudAnswers(t *testing.T) {
	t.Parallel()
	cache, dir := t.TempDir(), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(cache, "bin"), 0o700))
	script := "#!/bin/sh\n[ \"$1\" = stop ] || echo '" + stateText(os.Getpid()) + "'\n"
	require.NoError(t, os.WriteFile(localctl.BinaryIn(cache, ""), []byte(script), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "state.json"), []byte(stateText(os.Getpid())), 0o600))
	c := localctl.Client{Binary: localctl.BinaryIn(cache, "/fresh/tests"), Dir: dir, Log: io.Discard}
	state, err := c.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "g1", state.Generation)
	require.NoError(t, c.Stop(t.Context()))
}

func TestEachSourceHasItsOwnProgram(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	last := localctl.BinaryIn(cache, "")
	for _, version := range []string{"old", "new"} {
		source := t.TempDir()
		require.NoError(t, os.MkdirAll(filepath.Join(source, "localcloud"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(source, "go.mod"), []byte("module "+version+"\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(source, "localcloud", "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o600))
		client := localctl.Client{Binary: localctl.BinaryIn(cache, source), Source: source, Log: io.Discard}
		require.NoError(t, client.Build(t.Context()))
		require.True(t, client.Built())
		built, err := os.Readlink(last)
		require.NoError(t, err)
		require.Equal(t, client.Binary, built)
	}
	programs, err := filepath.Glob(last + "-*")
	require.NoError(t, err)
	require.Len(t, programs, 2)
}
