// Package freeport finds free TCP ports on the loopback interface, for programs that are started on this machine.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// Ports are chosen below those that systems give to connections, and to listeners that ask for any port (Linux's
// ip_local_port_range begins at 32768, others' at 49152), and below Kubernetes' node ports (from 30000): no connection
// that somebody opens takes one of them, so a program that is started again finds its port free.
const (
	first = 20_000
	many  = 10_000
	tries = 1_000
)

// Listen opens a free port.
func Listen() (net.Listener, error) {
	for range tries {
		port := first + rand.IntN(many) //nolint:gosec // chance keeps programs apart that choose at once, and no secret
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return listener, err
		}
	}
	return nil, fmt.Errorf("no port of 127.0.0.1 from %d to %d is free: %d were tried", first, first+many-1, tries)
}

// Choose finds n different free ports. They are closed before it returns, so another program that was given one by
// chance may still take it.
func Choose(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range n {
		listener, err := Listen()
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer listener.Close()
		address, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return nil, fmt.Errorf("find a free port: the address is %s", listener.Addr())
		}
		ports = append(ports, address.Port)
	}
	return ports, nil
}
