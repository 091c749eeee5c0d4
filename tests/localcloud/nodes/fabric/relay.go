package fabric

import (
	"context"
	"fmt"
	"net"

	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
)

// Offer makes a server of the machine's loopback interface reachable at an address in the namespace.
func (n Namespace) Offer(address, server string) (*portforward.Forwarder, error) {
	listener, err := n.Listen(address)
	if err != nil {
		return nil, fmt.Errorf("offer %s to nodes at %s: %w", server, address, err)
	}
	return portforward.Serve(listener, func() (net.Conn, error) { return net.Dial("tcp", server) }), nil
}

// Expose makes a server in the namespace reachable at an address of the machine's loopback interface.
func (n Namespace) Expose(address, server string) (*portforward.Forwarder, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("offer %s of a node at %s: %w", server, address, err)
	}
	return portforward.Serve(listener, func() (net.Conn, error) { return n.Dial(context.Background(), server) }), nil
}
