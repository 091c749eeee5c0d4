package supervise

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listenVariable makes this program a server on that address, for the tests below.
const listenVariable = "SUPERVISE_TEST_LISTEN"

func TestMain(m *testing.M) {
	if address := os.Getenv(listenVariable); address != "" {
		os.Exit(greet(address))
	}
	os.Exit(m.Run())
}

// greet sends a greeting to everyone who connects.
func greet(address string) int {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			return 1
		}
		_, _ = client.Write([]byte("hello"))
		_ = client.Close()
	}
}

// greeter plans a process that greets on the port.
func greeter(t *testing.T, name string, port int) Spec {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	address := "127.0.0.1:" + strconv.Itoa(port)
	return Spec{
		Name: name, Command: []string{self}, Env: []string{listenVariable + "=" + address}, Address: address,
		Ready: func(ctx context.Context) error { return greeted(ctx, address) },
	}
}

func greeted(ctx context.Context, address string) error {
	client, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = client.Close() })()
	defer client.Close()
	_, err = io.ReadFull(client, make([]byte, 5))
	return err
}

// reports keeps what a group reports.
type reports struct {
	mu    sync.Mutex
	lines []string
}

func (r *reports) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *reports) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

func newGroup(t *testing.T) (*Group, *reports) {
	t.Helper()
	reported := &reports{}
	group := NewGroup(t.TempDir(), reported.add)
	t.Cleanup(group.Stop)
	return group, reported
}

// taken is a port that another program has.
func taken(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	address, ok := listener.Addr().(*net.TCPAddr)
	require.True(t, ok)
	return address.Port
}

func TestAPortThatIsTakenMeanwhileIsReplaced(t *testing.T) {
	t.Parallel()
	group, reported := newGroup(t)
	inUse, plans := taken(t), 0
	spec, err := group.Start(t.Context(), 1, func(ports []int) (Spec, error) {
		plans++
		if plans == 1 {
			return greeter(t, "greeter", inUse), nil
		}
		return greeter(t, "greeter", ports[0]), nil
	})
	require.NoError(t, err)
	assert.Equal(t, 2, plans)
	assert.Equal(t, []string{"greeter lost its port to another program, trying another"}, reported.all())
	require.NoError(t, greeted(t.Context(), spec.Address))
	require.Len(t, group.Processes(), 1)
	assert.Equal(t, spec.Address, group.Processes()[0].Address)
}

func TestAPortThatIsAlwaysTakenIsGivenUpWithItsReason(t *testing.T) {
	t.Parallel()
	group, reported := newGroup(t)
	inUse, plans := taken(t), 0
	_, err := group.Start(t.Context(), 1, func([]int) (Spec, error) {
		plans++
		return greeter(t, "greeter", inUse), nil
	})
	require.ErrorContains(t, err, "its port was taken meanwhile: greeter stopped")
	require.ErrorContains(t, err, fmt.Sprintf("127.0.0.1:%d: bind: address already in use", inUse))
	assert.Equal(t, portRetries, plans)
	assert.Len(t, reported.all(), portRetries-1)
	assert.Empty(t, group.Processes())
}

func TestAnotherFailureIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	group, reported := newGroup(t)
	plans := 0
	_, err := group.Start(t.Context(), 1, func(ports []int) (Spec, error) {
		plans++
		spec := greeter(t, "broken", ports[0])
		spec.Command = []string{"/bin/sh", "-c", "echo no such setting >&2; exit 3"}
		return spec, nil
	})
	require.ErrorContains(t, err, "broken stopped: exit status 3; its log is ")
	require.ErrorContains(t, err, "which ends: no such setting")
	assert.Equal(t, 1, plans)
	assert.Empty(t, reported.all())
}

func TestAProcessThatHangsIsToldAsSickUntilItServesAgain(t *testing.T) {
	t.Parallel()
	group, reported := newGroup(t)
	for _, name := range []string{"healthy", "hung"} {
		_, err := group.Start(t.Context(), 1, func(ports []int) (Spec, error) { return greeter(t, name, ports[0]), nil })
		require.NoError(t, err)
	}
	pid := group.Processes()[1].PID
	check := func() map[string]error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return group.Check(ctx)
	}
	require.Empty(t, check())
	monitored, stop := context.WithCancel(t.Context())
	var monitor sync.WaitGroup
	monitor.Go(func() { group.Monitor(monitored, 10*time.Millisecond, time.Second) })

	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	require.NoError(t, Accepts(t.Context(), group.Processes()[1].Address), "the kernel still accepts for it")
	failures := check()
	require.Len(t, failures, 1)
	require.ErrorContains(t, failures["hung"], "hung is not ready")
	require.Eventually(t, func() bool { return len(reported.all()) == 1 }, time.Minute, 10*time.Millisecond)
	assert.Contains(t, reported.all()[0], "hung is not ready: no response in 1s")

	require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
	require.Eventually(t, func() bool { return len(reported.all()) == 2 }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, "hung serves again", reported.all()[1])
	require.Empty(t, check())
	stop()
	monitor.Wait()
}

func TestStopEndsAProcessThatHangs(t *testing.T) {
	t.Parallel()
	group, _ := newGroup(t)
	_, err := group.Start(t.Context(), 1, func(ports []int) (Spec, error) { return greeter(t, "hung", ports[0]), nil })
	require.NoError(t, err)
	pid := group.Processes()[0].PID
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	group.End("hung")
	assert.NoDirExists(t, filepath.Join("/proc", strconv.Itoa(pid)))
}

func TestACrashOfAVitalProcessIsDelivered(t *testing.T) {
	t.Parallel()
	group, _ := newGroup(t)
	_, err := group.Start(t.Context(), 1, func(ports []int) (Spec, error) {
		spec := greeter(t, "vital", ports[0])
		spec.Vital = true
		return spec, nil
	})
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(group.Processes()[0].PID, syscall.SIGKILL))
	select {
	case err := <-group.Crashed():
		require.ErrorContains(t, err, "vital stopped: signal: killed; its log is ")
	case <-time.After(time.Minute):
		t.Fatal("nobody heard of it")
	}
}

// A process that is to run again does so, at its address, as often as it ends.
func TestAProcessIsStartedAgain(t *testing.T) {
	t.Parallel()
	group, reported := newGroup(t)
	var mu sync.Mutex
	var told []int
	_, err := group.Start(t.Context(), 1, func(ports []int) (Spec, error) {
		spec := greeter(t, "restless", ports[0])
		spec.Restart, spec.Restarted = true, func(pid int) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, pid)
		}
		return spec, nil
	})
	require.NoError(t, err)
	for times := 1; times <= 2; times++ {
		old := group.Processes()[0]
		require.NoError(t, syscall.Kill(old.PID, syscall.SIGKILL))
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(told) == times
		}, 5*time.Minute, 10*time.Millisecond)
		now := group.Processes()
		require.Len(t, now, 1)
		assert.Equal(t, told[times-1], now[0].PID)
		assert.NotEqual(t, old.PID, now[0].PID)
		require.Eventually(t, func() bool { return greeted(t.Context(), old.Address) == nil }, 5*time.Minute, 10*time.Millisecond)
	}
	assert.Contains(t, reported.all(), "restless was started again")
	group.End("restless")
	time.Sleep(2 * restartAfter)
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, told, 2, "one that is to end is not started again")
	assert.NoDirExists(t, filepath.Join("/proc", strconv.Itoa(told[1])))
}
