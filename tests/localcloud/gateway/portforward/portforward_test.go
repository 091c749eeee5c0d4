package portforward

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestForwarderPassesOnUntilItIsClosed(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c) }()
		}
	}()
	f, err := New("127.0.0.1:0", server.Addr().String())
	require.NoError(t, err)
	address := f.listener.Addr().String()
	client, err := net.Dial("tcp", address)
	require.NoError(t, err)
	_, err = fmt.Fprintln(client, "hello")
	require.NoError(t, err)
	echo := bufio.NewReader(client)
	line, err := echo.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "hello\n", line)

	require.NoError(t, f.Close())
	_, err = echo.ReadString('\n')
	require.Error(t, err, "an open conversation ends with the forwarder")
	_, err = net.Dial("tcp", address)
	require.Error(t, err, "nobody listens any more")
}

func TestForwarderNamesAPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	_, err = New(taken.Addr().String(), "127.0.0.1:1")
	require.ErrorContains(t, err, taken.Addr().String())
	require.ErrorContains(t, err, "address already in use")
}
