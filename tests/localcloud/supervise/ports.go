package supervise

import (
	"fmt"
	"net"
)

// FreePorts reserves n different free TCP ports on the loopback interface. They are released before it returns, so
// another process may still take one: Group.Start tries again with new ports when that happens.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port on 127.0.0.1: %w", err)
		}
		defer listener.Close()
		address, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return nil, fmt.Errorf("find a free port on 127.0.0.1: got the address %s", listener.Addr())
		}
		ports = append(ports, address.Port)
	}
	return ports, nil
}
