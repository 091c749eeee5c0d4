package balancer_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/tests/localcloud/balancer"
	"github.com/genericcorp/platform/tests/localcloud/pki"
)

// machine is a target: requests at one port of its address, and its word at another.
type machine struct {
	requests, health net.Listener
	ready            atomic.Bool
}

func startMachine(t *testing.T, name string) *machine {
	t.Helper()
	m := &machine{}
	m.ready.Store(true)
	requests := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, name, " ", r.Host) }))
	health := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || !m.ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(requests.Close)
	t.Cleanup(health.Close)
	m.requests, m.health = requests.Listener, health.Listener
	return m
}

// world has machines by their addresses, at the ports 30443 and 30444.
type world struct {
	mu       sync.Mutex
	machines map[string]*machine
}

func (e *world) targets(string) (list []balancer.Target) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for address := range e.machines {
		list = append(list, balancer.Target{Instance: "i-" + address, Address: address})
	}
	return list
}

func (e *world) dial(ctx context.Context, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	m := e.machines[host]
	e.mu.Unlock()
	if m == nil {
		return nil, fmt.Errorf("no machine %s", host)
	}
	at := m.requests
	if port == "30444" {
		at = m.health
	}
	return new(net.Dialer).DialContext(ctx, "tcp", at.Addr().String())
}

func listener(name string) balancer.Listener {
	return balancer.Listener{ARN: "listener", Certificate: balancer.Certificate{Name: name}, Speaks: []string{"http/1.1"}, Group: balancer.Group{ARN: "group", Port: 30443, Check: balancer.Check{
		HTTP: true, Port: 30444, Path: "/readyz", Interval: 5 * time.Millisecond, Timeout: 5 * time.Second, Healthy: 2, Unhealthy: 2,
	}}}
}

func TestListener(t *testing.T) {
	authority, err := pki.NewAuthority("test")
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(authority.PEM))
	e := &world{machines: map[string]*machine{"one": startMachine(t, "one"), "two": startMachine(t, "two")}}
	none := goleak.IgnoreCurrent()
	b := balancer.New(balancer.Config{Sign: authority.ServerBetween, Targets: e.targets, Dial: e.dial, Report: func(string) {}})
	require.NoError(t, b.Apply([]balancer.Listener{listener("*.app.example")}))
	open := b.Listeners()
	require.Len(t, open, 1)
	get := func(name string) (string, error) {
		client := http.Client{Transport: &http.Transport{
			DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, b.Listeners()[0].Address)
			},
		}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+name+"/", http.NoBody)
		require.NoError(t, err)
		response, err := client.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return string(body), err
	}
	states := func(wanted map[string]string) {
		t.Helper()
		require.Eventually(t, func() bool { return assert.ObjectsAreEqual(wanted, b.Health("group")) }, time.Minute, time.Millisecond, "%v", wanted)
	}
	answers := func(wanted ...string) {
		t.Helper()
		got := map[string]bool{}
		for range 8 {
			body, err := get("acme.app.example")
			require.NoError(t, err)
			got[body] = true
		}
		require.Len(t, got, len(wanted), "%v", got)
		for _, name := range wanted {
			require.Contains(t, got, name+" acme.app.example")
		}
	}
	states(map[string]string{"i-one": "healthy", "i-two": "healthy"})
	answers("one", "two")
	_, err = get("acme.example")
	require.ErrorContains(t, err, "certificate is valid for *.app.example")

	e.machines["one"].ready.Store(false)
	states(map[string]string{"i-one": "unhealthy", "i-two": "healthy"})
	answers("two")
	e.machines["two"].ready.Store(false)
	states(map[string]string{"i-one": "unhealthy", "i-two": "unhealthy"})
	answers("one", "two") // fails open

	e.mu.Lock()
	delete(e.machines, "one")
	e.mu.Unlock()
	states(map[string]string{"i-two": "unhealthy"})

	require.NoError(t, b.Apply([]balancer.Listener{listener("*.app.example")}))
	require.Equal(t, open, b.Listeners(), "one that did not change stays")
	require.NoError(t, b.Apply([]balancer.Listener{listener("*.app.other.example")}))
	require.Equal(t, "*.app.other.example", b.Listeners()[0].Name)
	states(map[string]string{"i-two": "unhealthy"})
	_, err = get("acme.app.other.example")
	require.NoError(t, err)
	b.Close()
	require.Empty(t, b.Listeners())
	goleak.VerifyNone(t, none)
}

// Somebody else's server at the usual port is no reason to have none.
func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:8443")
	if err == nil {
		defer taken.Close()
	} // else somebody has it already
	authority, err := pki.NewAuthority("test")
	require.NoError(t, err)
	b := balancer.New(balancer.Config{Sign: authority.ServerBetween, Targets: func(string) []balancer.Target { return nil }, Report: func(string) {}})
	defer b.Close()
	require.NoError(t, b.Apply([]balancer.Listener{listener("*.app.example")}))
	_, port, err := net.SplitHostPort(b.Listeners()[0].Address)
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	require.NotEqual(t, 8443, number)

	// Whether there are targets is seen only behind the handshake.
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(authority.PEM))
	client, err := (&tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "acme.app.example", MinVersion: tls.VersionTLS12}}).
		DialContext(t.Context(), "tcp", b.Listeners()[0].Address)
	require.NoError(t, err)
	defer client.Close()
	_, err = client.Read(make([]byte, 1))
	require.Error(t, err)
}
