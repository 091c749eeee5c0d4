package cloud

import (
	"crypto/rand"
	"fmt"
	"net"
)

// serviceHost picks a loopback address for this cloud's databases and caches. On AWS an endpoint has a host of its own
// and the port that was asked for; with an address of its own each local cloud can offer that port as well.
func serviceHost() (string, error) {
	var lastErr error
	for range 20 {
		var b [3]byte
		if _, err := rand.Read(b[:]); err != nil {
			return "", err
		}
		host := net.IPv4(127, 1+b[0]%254, b[1], 1+b[2]%254).String()
		listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err == nil {
			return host, listener.Close()
		}
		lastErr = err
	}
	return "", fmt.Errorf("find a free loopback address: %w", lastErr)
}
