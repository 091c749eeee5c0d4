package fabric

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
)

// Egress is how the API server reaches kubelets, pods and services: a proxy on a Unix socket that understands CONNECT
// (https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/).
type Egress struct{ server *http.Server }

// ServeEgress listens on a socket that only this user can open.
func (n Namespace) ServeEgress(socket string) (*Egress, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("listen for the API server: %w", err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	e := &Egress{server: &http.Server{Handler: http.HandlerFunc(n.connect)}} //nolint:gosec // a connection lasts as long as its client wants
	go func() { _ = e.server.Serve(listener) }()                             // until it is closed
	return e, nil
}

// Close ends the listener. Connections end with their clients.
func (e *Egress) Close() error { return e.server.Close() }

func (n Namespace) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "only CONNECT is understood", http.StatusMethodNotAllowed)
		return
	}
	target, err := n.Dial(r.Context(), r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		_ = target.Close()
		http.Error(w, "the connection cannot be taken over", http.StatusInternalServerError)
		return
	}
	client, buffered, err := hijacker.Hijack()
	if err != nil {
		_ = target.Close()
		return // the client is gone
	}
	if _, err := fmt.Fprint(client, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		_, _ = client.Close(), target.Close()
		return
	}
	if early := buffered.Reader.Buffered(); early > 0 { // what the client sent without waiting
		head, _ := buffered.Peek(early)
		if _, err := target.Write(head); err != nil {
			_, _ = client.Close(), target.Close()
			return
		}
	}
	portforward.Join(client, target)
}
