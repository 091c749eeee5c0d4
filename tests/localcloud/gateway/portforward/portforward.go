// Package portforward offers a server at another address.
package portforward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Forwarder offers a real server at an address of its own, as AWS gives each database and cache its own endpoint.
type Forwarder struct {
	listener net.Listener
	dial     func() (net.Conn, error)

	mu          sync.Mutex
	connections map[net.Conn]struct{}
	closed      bool
	ended       sync.WaitGroup
}

// New listens on an address and passes every connection on to the target. Close it when nobody needs it.
func New(listen, target string) (*Forwarder, error) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("offer %s at %s: %w", target, listen, err)
	}
	return Serve(listener, func() (net.Conn, error) { return net.Dial("tcp", target) }), nil
}

// Serve passes every connection of a listener on to what dial connects to. Close it when nobody needs it.
func Serve(listener net.Listener, dial func() (net.Conn, error)) *Forwarder {
	f := &Forwarder{listener: listener, dial: dial, connections: map[net.Conn]struct{}{}}
	f.ended.Go(f.accept)
	return f
}

func (f *Forwarder) accept() {
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return // closed
		}
		f.ended.Go(func() { f.pass(client) })
	}
}

// pass copies both ways until either side ends.
func (f *Forwarder) pass(client net.Conn) {
	defer f.drop(client)
	if !f.keep(client) {
		return
	}
	if encrypted, ok := client.(*tls.Conn); ok && !shakeHands(encrypted) {
		return // no target hears of it
	}
	server, err := f.dial()
	if err != nil {
		return // the client sees its connection closed, as by a server that is down
	}
	defer f.drop(server)
	if !f.keep(server) {
		return
	}
	Join(client, server)
}

// handshakeLimit is how long a client may take to agree on encryption.
const handshakeLimit = 10 * time.Second

func shakeHands(client *tls.Conn) bool {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeLimit)
	defer cancel()
	return client.HandshakeContext(ctx) == nil
}

// Join copies both ways until either side ends, and closes both.
func Join(client, server net.Conn) {
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server) // either end of the conversation ends it
		_ = client.Close()
	})
	_, _ = io.Copy(server, client)
	_ = server.Close()
	back.Wait()
}

// keep remembers an open connection, unless the forwarder is closed.
func (f *Forwarder) keep(c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.connections[c] = struct{}{}
	}
	return !f.closed
}

func (f *Forwarder) drop(c net.Conn) {
	_ = c.Close() // it may be closed already
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.connections, c)
}

// Close ends the listener and every connection.
func (f *Forwarder) Close() error {
	err := f.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	f.mu.Lock()
	f.closed = true
	for c := range f.connections {
		_ = c.Close() // its copy loop ends and drops it
	}
	f.mu.Unlock()
	f.ended.Wait()
	return err
}
