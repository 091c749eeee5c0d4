package process_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shell runs a script that writes its own id, then whatever the script does; it returns the file of ids.
func shell(t *testing.T, script string) (*exec.Cmd, string) {
	t.Helper()
	ids := filepath.Join(t.TempDir(), "ids")
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(os.Environ(), "IDS="+ids)
	return cmd, ids
}

func waitForIDs(t *testing.T, file string, count int) []int {
	t.Helper()
	var ids []int
	require.Eventually(t, func() bool {
		raw, _ := os.ReadFile(file)
		ids = nil
		for _, field := range strings.Fields(string(raw)) {
			id, err := strconv.Atoi(field)
			if err != nil {
				return false
			}
			ids = append(ids, id)
		}
		return len(ids) == count
	}, time.Minute, 5*time.Millisecond)
	return ids
}

func TestRunReturnsTheChildsResult(t *testing.T) {
	ok, _ := shell(t, "exit 0")
	require.NoError(t, process.Runner{}.Run(context.Background(), ok))
	bad, _ := shell(t, "exit 7")
	var exit *exec.ExitError
	require.ErrorAs(t, process.Runner{}.Run(context.Background(), bad), &exit)
	require.Equal(t, 7, exit.ExitCode())
}

func TestRunInterruptsOnceAndWaitsForTheChildToCleanUp(t *testing.T) {
	cmd, ids := shell(t, `trap 'echo 2 >> $IDS; sleep 0.2; echo 3 >> $IDS; exit 1' INT; echo 1 >> $IDS; while :; do sleep 0.02; done`)
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() { waitForIDs(t, ids, 1); cancel(process.ErrInterrupted) }()
	require.ErrorIs(t, process.Runner{}.Run(ctx, cmd), process.ErrInterrupted)
	require.Equal(t, []int{1, 2, 3}, waitForIDs(t, ids, 3))
}

func TestHardStopKillsDescendantsInOtherGroupsToo(t *testing.T) {
	cmd, ids := shell(t, `trap '' INT; setsid sh -c 'echo $$ >> $IDS; exec sleep 60' & echo $$ >> $IDS; sleep 60; sleep 60`)
	soft, cancel := context.WithCancelCause(context.Background())
	hard, kill := context.WithCancel(context.Background())
	go func() { waitForIDs(t, ids, 2); cancel(process.ErrInterrupted); kill() }()
	require.ErrorIs(t, process.Runner{Hard: hard}.Run(soft, cmd), process.ErrInterrupted)
	for _, id := range waitForIDs(t, ids, 2) {
		require.Eventually(t, func() bool { return !process.Alive(id) }, time.Minute, 10*time.Millisecond, "process %d is left", id)
	}
}

func TestRunRefusesAFinishedContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(process.ErrInterrupted)
	cmd, ids := shell(t, `echo 1 > $IDS`)
	require.ErrorIs(t, process.Runner{}.Run(ctx, cmd), process.ErrInterrupted)
	require.NoFileExists(t, ids)
}

func TestFirstInterruptIsSoftAndSecondIsHard(t *testing.T) {
	told := make(chan int, 2)
	soft, hard, stop := process.WatchInterrupts(context.Background(), func(n int) { told <- n })
	defer stop()
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGINT))
	require.Equal(t, 1, <-told)
	<-soft.Done()
	require.ErrorIs(t, context.Cause(soft), process.ErrInterrupted)
	require.NoError(t, hard.Err())
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGINT))
	require.Equal(t, 2, <-told)
	<-hard.Done()
}

// TestIdentity takes another process for one that had its id before.
func TestIdentity(t *testing.T) {
	own := process.Identify(os.Getpid())
	require.True(t, own.Alive())
	parent := process.Identify(os.Getppid())
	parent.PID = own.PID
	if own == parent {
		t.Skip("this system does not say when a process has started, or the parent started in the same hundredth of a second")
	}
	require.False(t, parent.Alive(), "it has the id alone")
	cmd := exec.Command("sleep", "60")
	require.NoError(t, cmd.Start())
	child := process.Identify(cmd.Process.Pid)
	require.True(t, child.Alive())
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.False(t, child.Alive())
}

func TestAlive(t *testing.T) {
	require.True(t, process.Alive(os.Getpid()))
	require.False(t, process.Alive(0))
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())
	require.False(t, process.Alive(cmd.Process.Pid))

	zombie := exec.Command("true")
	require.NoError(t, zombie.Start())
	require.Eventually(t, func() bool { return !process.Alive(zombie.Process.Pid) }, time.Minute, time.Millisecond)
	require.NoError(t, zombie.Wait())
}
