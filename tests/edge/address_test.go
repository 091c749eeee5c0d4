package edge_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/edge/envoyconfig"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
)

// One address may send a proxy so many requests a second, whoever's they are. The proxy refuses the others by itself, before it asks anybody:
// so it does also when nobody is there to ask. Another address feels nothing.
func perAddress(t *testing.T, w *world) {
	w.alone(t)
	answers := w.flood(t, w.public, clientFrom("127.0.0.2"), func() string { return "" })
	assert.NotZero(t, answers[http.StatusServiceUnavailable], "what may pass is refused by the next part, which has nobody to ask: %v", answers)
	assert.Len(t, answers, 2, "%v", answers)
	assert.Equal(t, http.StatusServiceUnavailable, w.send(t, w.public, clientFrom("127.0.0.3"), "").status, "another address")
}

// An address is one of IPv4, or a /64 of IPv6. The proxy of this test believes what the client says of its address, since this machine has
// few; all else is as in any other.
func perNetwork(t *testing.T, w *world) {
	w.alone(t)
	at, free := w.ports, freePorts(t, 3)
	at.public, at.health, at.admin = free[0], free[1], free[2]
	p := w.newProxy(t, "believing", at)
	const own = `"useRemoteAddress": true`
	config, err := os.ReadFile(w.file("believing.json"))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(config), own))
	w.write(t, "believing.json", []byte(strings.Replace(string(config), own, own+`, "xffNumTrustedHops": 1`, 1)))
	p.start(t)
	t.Cleanup(func() { p.stop(t, syscall.SIGTERM) })
	await(t, func() bool { return listens(at.public) }, "the proxy listens")

	var n atomic.Int64
	w.flood(t, at.public, client, func() string { return fmt.Sprintf("2001:db8::%x", n.Add(1)) }) // ends with a refusal
	for name, next := range map[string]func() string{
		"networks of IPv6":  func() string { return fmt.Sprintf("2001:db8:1:%x::1", n.Add(1)) },
		"addresses of IPv4": func() string { i := n.Add(1); return fmt.Sprintf("198.18.%d.%d", i/250, i%250+1) },
	} {
		n.Store(0)
		answers := w.rush(t, at.public, client, next, func(response) bool { return n.Load() < 3*envoyconfig.AddressPerSecond })
		assert.Zero(t, answers[http.StatusTooManyRequests], "%s: %v", name, answers)
	}
}

// alone leaves the proxies without those whom they ask, until the test's end.
func (w *world) alone(t *testing.T) {
	t.Helper()
	asked := []*process{w.gate, w.counting}
	for _, p := range asked {
		p.stop(t, syscall.SIGKILL)
	}
	t.Cleanup(func() {
		for _, p := range asked {
			p.start(t)
		}
		w.eventually(t, "acme", http.StatusOK)
	})
}

// clientFrom sends from another address of this machine's.
func clientFrom(address string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{Timeout: forever, Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 50}}
}

// flood sends until an answer says that the address has sent too much, and says how many got which status.
func (w *world) flood(t *testing.T, port int, from *http.Client, address func() string) map[int]int {
	t.Helper()
	began := time.Now()
	var refused atomic.Pointer[response]
	answers := w.rush(t, port, from, address, func(got response) bool {
		if got.status == http.StatusTooManyRequests {
			refused.Store(&got)
		}
		return refused.Load() == nil && time.Since(began) < forever
	})
	got := refused.Load()
	require.NotNil(t, got, "%v in %s", answers, time.Since(began))
	t.Logf("%v in %s", answers, time.Since(began))
	assert.Equal(t, edge.CodeTooMany, got.code())
	assert.Contains(t, got.body, edge.MessageTooManyAddress)
	assert.Equal(t, []string{"1"}, got.headers.Values("Retry-After"))
	assert.Equal(t, []string{fmt.Sprintf("%d, %[1]d;w=1", envoyconfig.AddressPerSecond)}, got.headers.Values("X-Ratelimit-Limit"))
	assert.Equal(t, []string{"0"}, got.headers.Values("X-Ratelimit-Remaining"))
	assert.Equal(t, []string{"1"}, got.headers.Values("X-Ratelimit-Reset"))
	return answers
}

// rush sends requests of nobody's, as fast as it can, as long as on says so of the last answer.
func (w *world) rush(t *testing.T, port int, from *http.Client, address func() string, on func(response) bool) map[int]int {
	t.Helper()
	const parallel = 8
	answers := map[int]int{}
	var mu sync.Mutex
	var senders sync.WaitGroup
	for range parallel {
		senders.Go(func() {
			for more := true; more; {
				got := w.send(t, port, from, address())
				mu.Lock()
				answers[got.status]++
				more = on(got)
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	return answers
}

// send sends one request of nobody's to a proxy; address is what it says of where it comes from.
func (w *world) send(t *testing.T, port int, from *http.Client, address string) response {
	t.Helper()
	sent, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+strconv.Itoa(port)+sampleapi.PathNotes, http.NoBody)
	if !assert.NoError(t, err) {
		return response{}
	}
	sent.Host = w.host("nobody")
	if address != "" {
		sent.Header.Set("X-Forwarded-For", address)
	}
	got, err := receive(from, sent)
	assert.NoError(t, err)
	return got
}
