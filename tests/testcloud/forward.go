package testcloud

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var forwarding = regexp.MustCompile(`(127\.0\.0\.1:\d+) ->`)

// Forward opens a way to a port of a pod or a service until the test ends, as a person does, and gives its address on this machine.
func (c *Cloud) Forward(t testing.TB, namespace, what string, port int) string {
	t.Helper()
	ctx, stop := context.WithCancel(Context(t))
	cmd := exec.CommandContext(ctx, c.tool("kubectl"), "--namespace", namespace, "port-forward", what, fmt.Sprintf(":%d", port)) //nolint:gosec // kubectl
	cmd.Env = c.Environ()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { stop(); _ = cmd.Wait() }) // it is killed, which is an error
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	address := forwarding.FindStringSubmatch(line)
	require.NotEmpty(t, address, line)
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return address[1]
}
