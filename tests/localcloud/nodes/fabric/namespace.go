// Package fabric is the network that nodes are in: a router in a network namespace of its own that has no way out, and relays
// between it and the loopback interface of the machine. The machine's own network gets no interface, address, route or rule.
package fabric

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Namespace is a network namespace without a name. It lives until it is closed and its last socket and process are gone.
type Namespace struct{ handle netns.NsHandle }

// NewNamespace makes an empty one.
func NewNamespace() (Namespace, error) {
	type result struct {
		handle netns.NsHandle
		err    error
	}
	made := make(chan result, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is in the new namespace, and ends with this goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			made <- result{err: fmt.Errorf("make a network namespace: %w", err)}
			return
		}
		handle, err := netns.Get()
		made <- result{handle, err}
	}()
	r := <-made
	return Namespace{r.handle}, r.err
}

// NamespaceOf is that of a process.
func NamespaceOf(pid int) (Namespace, error) {
	handle, err := netns.GetFromPid(pid)
	return Namespace{handle}, err
}

// Close lets the namespace go.
func (n Namespace) Close() error { return n.handle.Close() }

// Do runs f on a thread in the namespace. The sockets and processes that f makes stay there.
func (n Namespace) Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		own, err := netns.Get()
		if err != nil {
			done <- err
			return
		}
		defer own.Close()
		if err := netns.Set(n.handle); err != nil {
			done <- fmt.Errorf("enter a network namespace: %w", err)
			return
		}
		err = f()
		if netns.Set(own) == nil {
			runtime.UnlockOSThread() // else the thread ends with this goroutine
		}
		done <- err
	}()
	return <-done
}

// Listen opens a TCP socket in the namespace.
func (n Namespace) Listen(address string) (listener net.Listener, err error) {
	err = n.Do(func() (err error) {
		listener, err = net.Listen("tcp4", address)
		return err
	})
	return listener, err
}

// Dial connects from the namespace. The address has an IP address, not a name.
func (n Namespace) Dial(ctx context.Context, address string) (connection net.Conn, err error) {
	dialer := net.Dialer{Timeout: 10 * time.Second, FallbackDelay: -1} // one attempt, on this thread
	err = n.Do(func() (err error) {
		connection, err = dialer.DialContext(ctx, "tcp4", address)
		return err
	})
	return connection, err
}

// links is a handle for the namespace's interfaces.
func (n Namespace) links() (*netlink.Handle, error) {
	return netlink.NewHandleAt(n.handle, unix.NETLINK_ROUTE)
}
