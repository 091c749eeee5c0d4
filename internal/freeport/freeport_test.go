package freeport

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	ports, err := Choose(50)
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, port := range ports {
		assert.False(t, seen[port], "%d twice", port)
		seen[port] = true
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		require.NoError(t, err)
		require.NoError(t, listener.Close())
	}
}

// A connection that anybody opens must not take a port that was chosen.
func TestNoPortIsOneThatTheSystemGivesAway(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Skip("this system does not tell which ports it gives away: ", err)
	}
	low, err := strconv.Atoi(strings.Fields(string(text))[0])
	require.NoError(t, err)
	assert.Less(t, first+many-1, low)
}
