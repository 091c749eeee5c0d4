package login_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/services/edgesidecar/api"
	"github.com/genericcorp/platform/services/edgesidecar/internal/login"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cache answers as the real one does: AUTH with its password by OK, and what comes after that by itself.
type cache struct {
	port  int
	roots *x509.CertPool

	mu       sync.Mutex
	password string
}

func start(t *testing.T) *cache {
	t.Helper()
	// The certificate of the package for tests is for 127.0.0.1.
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	certificate, roots := server.TLS.Certificates, x509.NewCertPool()
	roots.AddCert(server.Certificate())
	server.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificate, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	address, isTCP := listener.Addr().(*net.TCPAddr)
	require.True(t, isTCP)
	c := &cache{port: address.Port, roots: roots, password: "one"}
	var all sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { c.answer(client) })
		}
	})
	return c
}

func (c *cache) answer(client net.Conn) {
	defer client.Close()
	lines, in := bufio.NewReader(client), false
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		c.mu.Lock()
		password := c.password
		c.mu.Unlock()
		switch {
		case in:
			_, _ = client.Write([]byte("+" + line))
		case line == "$3\r\n":
			word, _ := lines.ReadString('\n')
			if in = word == password+"\r\n"; in {
				_, _ = client.Write([]byte("+OK\r\n"))
			} else {
				_, _ = client.Write([]byte("-WRONGPASS invalid username-password pair or user is disabled.\r\n"))
			}
		}
	}
}

func (c *cache) rotate(password string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.password = password
}

// write writes the secret of the cache, as it is kept beside the program.
func (c *cache) write(t *testing.T, file, password string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"host": "127.0.0.1", "readerHost": "other", "port": c.port, "token": password, "tls": true})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}

func serve(t *testing.T, l *login.Login) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- l.Serve(ctx, listener) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-done) })
	return listener.Addr().String()
}

// echo says something to the cache, and gives what came back; nothing if the connection was closed.
func echo(t *testing.T, connection net.Conn, text string) string {
	t.Helper()
	_, _ = connection.Write([]byte(text + "\r\n"))
	got, _ := bufio.NewReader(connection).ReadString('\n')
	return strings.TrimSpace(got)
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func ready(t *testing.T, l *login.Login) int {
	t.Helper()
	answer := httptest.NewRecorder()
	l.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, api.PathReady, http.NoBody))
	return answer.Code
}

// Who connects is logged in, and needs no password. A rotation is followed: connections that exist go on, and new ones have the new one.
func TestLogin(t *testing.T) {
	t.Parallel()
	c, file := start(t), filepath.Join(t.TempDir(), api.CacheFile)
	c.write(t, file, "one")
	l := &login.Login{File: file, Roots: c.roots}
	address := serve(t, l)
	old := dial(t, address)
	require.Equal(t, "+PING", echo(t, old, "PING"))
	require.Equal(t, http.StatusOK, ready(t, l))

	c.rotate("two")
	require.Empty(t, echo(t, dial(t, address), "PING"), "a wrong password leads nowhere")
	require.Equal(t, http.StatusServiceUnavailable, ready(t, l))
	c.write(t, file, "two")
	require.Equal(t, "+PING", echo(t, dial(t, address), "PING"))
	require.Equal(t, "+PING", echo(t, old, "PING"))
	require.Equal(t, http.StatusOK, ready(t, l))
}

// A cache whose certificate nobody vouches for is not told the password, and a file that is wrong is not quoted.
func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	c, file := start(t), filepath.Join(t.TempDir(), api.CacheFile)
	c.write(t, file, "one")
	require.Equal(t, http.StatusServiceUnavailable, ready(t, &login.Login{File: file, Roots: x509.NewCertPool()}))
	require.NoError(t, os.WriteFile(file, []byte(`{"token":"one"`), 0o600))
	l := &login.Login{File: file, Roots: c.roots}
	require.Equal(t, http.StatusServiceUnavailable, ready(t, l))
	require.Empty(t, echo(t, dial(t, serve(t, l)), "PING"))
	require.Equal(t, http.StatusServiceUnavailable, ready(t, &login.Login{File: file + ".none"}))
}
