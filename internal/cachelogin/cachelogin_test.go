package cachelogin_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/internal/cachelogin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const forever = 5 * time.Minute // a machine that hangs

func write(t *testing.T, text string) cachelogin.File {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cache.json")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return cachelogin.File{Path: file, Patience: forever}
}

// A file that lacks something is refused by its name, and not quoted.
func TestRead(t *testing.T) {
	t.Parallel()
	found, err := write(t, `{"host": "cache", "readerHost": "other", "port": 6379, "token": "geheim", "tls": true}`).Read()
	require.NoError(t, err)
	assert.Equal(t, cachelogin.Secret{Host: "cache", Port: 6379, Token: "geheim", TLS: true}, found)
	for _, text := range []string{
		"geheim", `{"token": "geheim"`, `{"host": "", "port": 6379, "token": "geheim"}`, `{"host": "cache", "token": "geheim"}`,
		`{"host": "cache", "port": "geheim", "token": "geheim"}`, `{"host": "cache", "port": 6379, "tls": true}`,
	} {
		f := write(t, text)
		found, err := f.Read()
		require.EqualError(t, err, f.Path+": the cache's secret is wrong: expected JSON with host, port, token and tls", text)
		assert.Empty(t, found)
		_, err = f.Dial(t.Context(), "", "")
		require.ErrorContains(t, err, "the cache's secret is wrong")
		_, _, err = f.Credentials(t.Context())
		require.ErrorContains(t, err, "the cache's secret is wrong")
	}
	missing := cachelogin.File{Path: filepath.Join(t.TempDir(), "none.json")}
	_, err = missing.Read()
	require.ErrorContains(t, err, "read how to log in to the cache: open "+missing.Path)
}

// Each connection is made as the file says then.
func TestFileIsFollowed(t *testing.T) {
	t.Parallel()
	f := write(t, "{}")
	for _, name := range []string{"one", "two"} {
		address := greet(t, name, func(address string) (net.Listener, error) { return net.Listen("tcp", address) })
		text := fmt.Sprintf(`{"host": "127.0.0.1", "port": %d, "token": %q}`, address.Port, name)
		require.NoError(t, os.WriteFile(f.Path, []byte(text), 0o600))
		greeting, err := greetingOf(t, f)
		require.NoError(t, err)
		assert.Equal(t, name, greeting)
		user, password, err := f.Credentials(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"", name}, []string{user, password})
	}
}

// With TLS nobody is believed whom the roots do not vouch for.
func TestTLS(t *testing.T) {
	t.Parallel()
	// The certificate of the package for tests is for 127.0.0.1.
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	config := &tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	server.Close()
	address := greet(t, "over TLS", func(address string) (net.Listener, error) { return tls.Listen("tcp", address, config) })
	secret := `{"host": %q, "port": %d, "token": "geheim", "tls": true}`
	f := write(t, fmt.Sprintf(secret, "127.0.0.1", address.Port))
	f.Roots = roots
	greeting, err := greetingOf(t, f)
	require.NoError(t, err)
	assert.Equal(t, "over TLS", greeting)
	f.Roots = x509.NewCertPool()
	_, err = greetingOf(t, f)
	require.ErrorContains(t, err, "signed by unknown authority")
	other := write(t, fmt.Sprintf(secret, "localhost", address.Port))
	other.Roots = roots
	_, err = greetingOf(t, other)
	require.ErrorContains(t, err, "not localhost", "a certificate of another host")
}

// Whoever does not begin TLS is not waited for.
func TestPatience(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	f := write(t, fmt.Sprintf(`{"host": "127.0.0.1", "port": %d, "token": "geheim", "tls": true}`, tcp(t, listener).Port))
	f.Patience = 10 * time.Millisecond
	_, err = f.Dial(t.Context(), "", "")
	var late net.Error
	require.ErrorAs(t, err, &late)
	assert.True(t, late.Timeout(), "%v", err)
}

// greet says a line to whoever connects, until the test ends.
func greet(t *testing.T, line string, listen func(address string) (net.Listener, error)) *net.TCPAddr {
	t.Helper()
	listener, err := listen("127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprintln(client, line)
			_ = client.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return tcp(t, listener)
}

func tcp(t *testing.T, listener net.Listener) *net.TCPAddr {
	t.Helper()
	address, isTCP := listener.Addr().(*net.TCPAddr)
	require.True(t, isTCP)
	return address
}

func greetingOf(t *testing.T, f cachelogin.File) (string, error) {
	t.Helper()
	connection, err := f.Dial(t.Context(), "cache", "of a client's options")
	if err != nil {
		return "", err
	}
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	lines.Scan()
	return lines.Text(), lines.Err()
}
