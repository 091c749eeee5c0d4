package balancer_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/balancer"
	"github.com/genericcorp/platform/tests/localcloud/pki"
)

// served is a listener before one machine, with the number of connections that were passed on to it.
type served struct {
	*balancer.Balancer

	roots  *x509.CertPool
	signs  func(from, until time.Time, hosts ...string) (pki.Pair, error)
	passed atomic.Int64
}

func serve(t *testing.T, first balancer.Certificate) *served {
	t.Helper()
	authority, err := pki.NewAuthority("test")
	require.NoError(t, err)
	s := &served{roots: x509.NewCertPool(), signs: authority.ServerBetween}
	require.True(t, s.roots.AppendCertsFromPEM(authority.PEM))
	e := &world{machines: map[string]*machine{"one": startMachine(t, "one")}}
	s.Balancer = balancer.New(balancer.Config{
		Sign:    func(from, until time.Time, hosts ...string) (pki.Pair, error) { return s.signs(from, until, hosts...) },
		Targets: e.targets, Report: func(string) {},
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			if strings.HasSuffix(address, ":30443") {
				s.passed.Add(1)
			}
			return e.dial(ctx, address)
		},
	})
	t.Cleanup(s.Close)
	require.NoError(t, s.present(first))
	require.Eventually(t, func() bool { return s.Health("group")["i-one"] == "healthy" }, time.Minute, time.Millisecond)
	return s
}

// present exchanges the listener's certificate, and nothing else of it.
func (s *served) present(certificate balancer.Certificate) error {
	l := listener("")
	l.Certificate = certificate
	return s.Apply([]balancer.Listener{l})
}

// connect opens a connection for a name with a version of TLS, as a client does that verifies, or does not.
func (s *served) connect(t *testing.T, name string, version uint16, verifies bool) (*tls.Conn, error) {
	t.Helper()
	connection, err := (&tls.Dialer{Config: &tls.Config{
		RootCAs: s.roots, ServerName: name, MinVersion: version, MaxVersion: version, InsecureSkipVerify: !verifies,
	}}).DialContext(t.Context(), "tcp", s.Listeners()[0].Address)
	if err != nil {
		return nil, err
	}
	client, isTLS := connection.(*tls.Conn)
	require.True(t, isTLS)
	t.Cleanup(func() { _ = client.Close() })
	return client, nil
}

// ask sends a request by a connection that stays open.
func ask(t *testing.T, connection *tls.Conn) {
	t.Helper()
	_, err := fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: acme.app.example\r\n\r\n")
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

var versions = []uint16{tls.VersionTLS12, tls.VersionTLS13}

// Of a certificate that is not good the load balancer takes no notice, as AWS's does not: a client that verifies leaves, and nothing of it
// reaches a machine. One that does not verify is served.
func TestCertificateThatIsNotGood(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, test := range map[string]struct {
		certificate balancer.Certificate
		refuses     func(error) bool
	}{
		"expired":          {balancer.Certificate{Name: "*.app.example", From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour)}, untimely},
		"not valid yet":    {balancer.Certificate{Name: "*.app.example", From: now.Add(time.Hour), Until: now.Add(2 * time.Hour)}, untimely},
		"for another name": {balancer.Certificate{Name: "*.app.other.example"}, misnamed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.certificate)
			for _, version := range versions {
				_, err := s.connect(t, "acme.app.example", version, true)
				require.Error(t, err)
				assert.True(t, test.refuses(err), "%v", err)
			}
			careless := 0
			for _, version := range versions {
				connection, err := s.connect(t, "acme.app.example", version, false)
				require.NoError(t, err)
				ask(t, connection)
				careless++
			}
			s.Close() // with all that was under way
			assert.EqualValues(t, careless, s.passed.Load(), "connections that reached a machine")
		})
	}
}

func untimely(err error) bool {
	invalid, found := errors.AsType[x509.CertificateInvalidError](err)
	return found && invalid.Reason == x509.Expired // also before its time
}

func misnamed(err error) bool {
	_, found := errors.AsType[x509.HostnameError](err)
	return found
}

// An expired certificate is exchanged while the listener works: it stays where it is, the next client is served, and connections live on.
func TestCertificateIsExchanged(t *testing.T) {
	t.Parallel()
	now := time.Now()
	expired := balancer.Certificate{ARN: "one", Name: "*.app.example", From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour)}
	s := serve(t, expired)
	open := s.Listeners()
	before, err := s.connect(t, "acme.app.example", tls.VersionTLS13, false)
	require.NoError(t, err)
	ask(t, before)

	next := balancer.Certificate{ARN: "two", Name: "*.app.example", From: now.Add(-time.Hour), Until: now.Add(time.Hour)}
	sign := s.signs
	s.signs = func(time.Time, time.Time, ...string) (pki.Pair, error) { return pki.Pair{}, errors.New("no key") }
	require.ErrorContains(t, s.present(next), "listener listener: no key")
	_, err = s.connect(t, "acme.app.example", tls.VersionTLS13, true)
	require.True(t, untimely(err), "it has the one that it had: %v", err)
	s.signs = sign
	require.NoError(t, s.present(next))

	assert.Equal(t, open, s.Listeners())
	ask(t, before)
	for _, version := range versions {
		after, err := s.connect(t, "acme.app.example", version, true)
		require.NoError(t, err)
		ask(t, after)
	}
	ask(t, before)
}
