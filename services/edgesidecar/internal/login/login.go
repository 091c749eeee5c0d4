// Package login passes connections on to the cache and logs in there, for a program that would take the password from an environment
// variable alone. It reads the password for each connection, so that a rotation needs no restart: connections that exist stay logged in.
package login

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/genericcorp/platform/internal/cachelogin"
	"github.com/genericcorp/platform/services/edgesidecar/api"
)

// patience is how long a new connection to the cache may take, until it is logged in.
const patience = 2 * time.Second

// Login is how the cache is reached.
type Login struct {
	File  string         // the cache's secret: JSON with host, port, token and tls
	Roots *x509.CertPool // may have signed the cache's certificate; nil: the machine's
}

// Serve passes on whatever is accepted until the context ends. What cannot be passed on is closed, and the log says why.
func (l *Login) Serve(ctx context.Context, listener net.Listener) error {
	var all sync.WaitGroup
	defer all.Wait()
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	for {
		client, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept a connection: %w", err)
		}
		all.Go(func() {
			defer client.Close() // whatever it ended with
			cache, err := l.open(ctx)
			if err != nil {
				slog.Error("the cache is not reached", "cause", err)
				return
			}
			defer cache.Close() // as above
			defer context.AfterFunc(ctx, func() { _, _ = client.Close(), cache.Close() })()
			pass(client, cache)
		})
	}
}

// Handler says whether it can log in.
func (l *Login) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PathReady, func(w http.ResponseWriter, r *http.Request) {
		cache, err := l.open(r.Context())
		if err != nil {
			slog.Warn("not ready", "cause", err)
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_ = cache.Close() // nothing was sent
		w.WriteHeader(http.StatusOK)
	})
	return mux
}

// open is a connection to the cache that is logged in.
func (l *Login) open(ctx context.Context) (net.Conn, error) {
	file := cachelogin.File{Path: l.File, Roots: l.Roots, Patience: patience}
	secret, err := file.Read()
	if err != nil {
		return nil, err
	}
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	connection, err := file.Connect(soon, secret)
	if err != nil {
		return nil, fmt.Errorf("reach the cache: %w", err)
	}
	if err := logIn(soon, connection, secret.Token); err != nil {
		_ = connection.Close() // unused
		return nil, err
	}
	return connection, nil
}

// logIn says the password, and hears whether it is right. The server says nothing by itself, so that nothing beyond its answer is read.
// https://valkey.io/commands/auth/
func logIn(ctx context.Context, connection net.Conn, password string) error {
	if deadline, exists := ctx.Deadline(); exists {
		if err := connection.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(connection, "*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n", len(password), password); err != nil {
		return fmt.Errorf("log in to the cache: %w", err)
	}
	const longest = 512
	answer, err := bufio.NewReader(io.LimitReader(connection, longest)).ReadString('\n')
	if err != nil {
		return fmt.Errorf("log in to the cache: %w", err)
	}
	if answer != "+OK\r\n" {
		//page:cache-failover
		return fmt.Errorf("log in to the cache: it answers %q, expected OK: its password and its secret differ", answer)
	}
	return connection.SetDeadline(time.Time{})
}

// pass passes on in both directions, until one of both ends it.
func pass(client, cache net.Conn) {
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{client, cache}, {cache, client}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1]) // that it ended is enough
			_ = client.Close()
			_ = cache.Close()
		})
	}
	both.Wait()
}
