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

// fewPerSecond is what the proxies of these tests allow an address in place of envoyconfig.AddressPerSecond, which a busy machine cannot
// send: the tests' client has two processors to share with all that it tests.
const fewPerSecond = 20

// One address may send a proxy so many requests a second, whoever's they are. The proxy refuses the others by itself, before it asks anybody:
// so it does also when nobody is there to ask. Another address feels nothing.
func perAddress(t *testing.T, w *world) {
	w.alone(t)
	at := w.strict(t, "strict", nil)
	answers := w.flood(t, at, clientFrom("127.0.0.2"), func() string { return "" })
	assert.NotZero(t, answers[http.StatusServiceUnavailable], "what may pass is refused by the next part, which has nobody to ask: %v", answers)
	assert.Len(t, answers, 2, "%v", answers)
	assert.Equal(t, http.StatusServiceUnavailable, w.send(t, at, clientFrom("127.0.0.3"), "").status, "another address")
}

// An address is one of IPv4, or a /64 of IPv6. The proxy of this test believes what the client says of its address, since this machine has
// few.
func perNetwork(t *testing.T, w *world) {
	w.alone(t)
	const own = `"useRemoteAddress": true`
	at := w.strict(t, "believing", map[string]string{own: own + `, "xffNumTrustedHops": 1`})
	var n atomic.Int64
	w.flood(t, at, client, func() string { return fmt.Sprintf("2001:db8::%x", n.Add(1)) }) // ends with a refusal
	for name, next := range map[string]func() string{
		"networks of IPv6":  func() string { return fmt.Sprintf("2001:db8:1:%x::1", n.Add(1)) },
		"addresses of IPv4": func() string { i := n.Add(1); return fmt.Sprintf("198.18.%d.%d", i/250, i%250+1) },
	} {
		n.Store(0)
		answers := w.rush(t, at, client, next, func(response) bool { return n.Load() < 5*fewPerSecond })
		assert.Zero(t, answers[http.StatusTooManyRequests], "%s: %v", name, answers)
	}
}

// strict starts a proxy beside the other, which allows an address fewPerSecond, and says where it listens. Its configuration is changed by
// replacing text; all else is as in any other.
func (w *world) strict(t *testing.T, name string, replaced map[string]string) int {
	t.Helper()
	at, free := w.ports, freePorts(t, 3)
	at.public, at.health, at.admin = free[0], free[1], free[2]
	p := w.newProxy(t, name, at)
	text, err := os.ReadFile(w.file(name + ".json"))
	require.NoError(t, err)
	config := string(text)
	for old, replacement := range replaced {
		require.Equal(t, 1, strings.Count(config, old), old)
		config = strings.Replace(config, old, replacement, 1)
	}
	for _, number := range []string{`"maxTokens": %d`, `"tokensPerFill": %d`, `"%d, %[1]d;w=1"`} {
		usual := fmt.Sprintf(number, envoyconfig.AddressPerSecond)
		require.Contains(t, config, usual)
		config = strings.ReplaceAll(config, usual, fmt.Sprintf(number, fewPerSecond))
	}
	w.write(t, name+".json", []byte(config))
	p.start(t)
	t.Cleanup(func() { p.stop(t, syscall.SIGTERM) })
	await(t, func() bool { return listens(at.public) }, "the proxy listens")
	return at.public
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
	assert.Equal(t, []string{fmt.Sprintf("%d, %[1]d;w=1", fewPerSecond)}, got.headers.Values("X-Ratelimit-Limit"))
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
