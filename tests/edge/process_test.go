package edge_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/freeport"
)

const forever = 5 * time.Minute // a machine that hangs

// process is a program that can be stopped and started again, where it was.
type process struct {
	name    string
	command []string
	env     []string
	log     string // its file

	running *exec.Cmd
}

func (p *process) start(t testing.TB) {
	t.Helper()
	require.Nil(t, p.running, p.name)
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer log.Close() // the program has its own handle
	p.running = exec.Command(p.command[0], p.command[1:]...)
	p.running.Env, p.running.Stdout, p.running.Stderr = slices.Concat(p.env, []string{"PATH=" + os.Getenv("PATH")}), log, log
	p.running.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, p.running.Start(), p.name)
}

// stop ends the program: by SIGKILL, as a machine that is lost, or as it wants to be ended.
func (p *process) stop(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if p.running == nil {
		return
	}
	require.NoError(t, p.running.Process.Signal(signal), p.name)
	ended := make(chan struct{})
	go func() { _ = p.running.Wait(); close(ended) }() // its status after a signal says nothing
	select {
	case <-ended:
	case <-time.After(forever):
		assert.Fail(t, "it does not stop", p.name)
		_ = p.running.Process.Kill()
		<-ended
	}
	p.running = nil
}

func (p *process) text(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(p.log)
	require.NoError(t, err)
	return string(text)
}

// tail is the end of what the program wrote.
func (p *process) tail(t testing.TB) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(p.text(t)), "\n")
	return p.name + ":\n" + strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// freePorts are ports that nothing listens on.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports, err := freeport.Choose(n)
	require.NoError(t, err)
	return ports
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// listens tells whether a program listens on a port.
func listens(port int) bool {
	connection, err := net.DialTimeout("tcp", address(port), time.Second)
	if err == nil {
		_ = connection.Close()
	}
	return err == nil
}

// await waits for what a busy machine does late, in the test's own goroutine: what fails in the condition ends the test.
func await(t testing.TB, condition func() bool, message string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(forever); !condition(); time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "it did not come: %s", fmt.Sprintf(message, args...))
	}
}
