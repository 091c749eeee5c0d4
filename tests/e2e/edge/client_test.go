package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/localcloud"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/testcloud"
)

// response is what came back.
type response struct {
	status   int // 0: nothing did
	protocol string
	headers  http.Header
	body     string
	err      error
}

// code is what the body says to programs.
func (r response) code() string {
	var body struct{ Code string }
	_ = json.Unmarshal([]byte(r.body), &body) // what is not JSON has no code
	return body.Code
}

// newClient makes a client that has a connection of its own for each request, so that it meets all proxies.
func newClient(transport *http.Transport) *http.Client {
	transport.DisableKeepAlives = true
	return &http.Client{Timeout: time.Minute, Transport: transport}
}

// get asks for the notes of a host, as everybody does: by the load balancer.
func (e environment) get(t testing.TB, host string, headers map[string]string) response {
	t.Helper()
	return ask(t, e.balancer.client, "https://"+host+sampleapi.PathNotes, host, headers)
}

// getAtNodes asks for the notes of a host past the load balancer.
func (e environment) getAtNodes(t testing.TB, host string, headers map[string]string) response {
	t.Helper()
	return e.askNodes(t, edge.NodePort, sampleapi.PathNotes, host, headers)
}

var atNodes = newClient(&http.Transport{})

// askNodes asks at a port of the nodes.
func (e environment) askNodes(t testing.TB, port int, path, host string, headers map[string]string) response {
	t.Helper()
	return ask(t, atNodes, "http://"+net.JoinHostPort(e.nodePorts, strconv.Itoa(port))+path, host, headers)
}

func ask(t testing.TB, client *http.Client, url, host string, headers map[string]string) response {
	t.Helper()
	request, err := http.NewRequestWithContext(testcloud.Context(t), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	request.Host = host
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	got, err := client.Do(request)
	if err != nil {
		return response{err: err}
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return response{err: err}
	}
	return response{got.StatusCode, got.Proto, got.Header, string(body), nil}
}

// host is what a client calls a tenant's place.
func host(tenant string) string {
	return fmt.Sprintf("%s.%s:%d", tenant, domain, localcloud.PublicPort)
}

// becomes waits until a tenant's requests get the status.
func (e environment) becomes(t testing.TB, tenant string, status int) response {
	t.Helper()
	var last response
	eventually(t, tenant+": status "+strconv.Itoa(status), func() bool { last = e.get(t, host(tenant), nil); return last.status == status })
	return last
}

// load asks again and again, as a tenant and as nobody's, until it is stopped.
type load struct {
	stop     context.CancelFunc
	running  sync.WaitGroup
	mu       sync.Mutex
	of       map[int]int // how often a tenant's request got each status
	nobody   map[int]int
	problems []string
}

const (
	loadTenant = "acme"
	loadEvery  = 100 * time.Millisecond // of each of both: far below what the tier allows
)

// startLoad begins to ask, by get.
func startLoad(t testing.TB, get func(t testing.TB, host string, headers map[string]string) response) *load {
	t.Helper()
	ctx, stop := context.WithCancel(testcloud.Context(t))
	l := &load{stop: stop, of: map[int]int{}, nobody: map[int]int{}}
	t.Cleanup(func() { stop(); l.running.Wait() })
	l.every(ctx, func() { l.note(l.of, get(t, host(loadTenant), nil)) })
	l.every(ctx, func() { l.note(l.nobody, get(t, host("nobody"), nil)) })
	return l
}

// every starts a request in each interval, whether those before have ended or not.
func (l *load) every(ctx context.Context, ask func()) {
	l.running.Go(func() {
		tick := time.NewTicker(loadEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				l.running.Go(ask)
			}
		}
	})
}

func (l *load) note(counts map[int]int, got response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts[got.status]++
	switch {
	case got.err != nil:
		l.problems = append(l.problems, time.Now().Format(time.TimeOnly)+" "+got.err.Error())
	case got.status == http.StatusOK && got.headers.Get("X-Ratelimit-Limit") == "":
		l.problems = append(l.problems, "served without a limit")
	}
}

// end stops, and gives how often a tenant's request got each status. Nobody's was never served.
func (l *load) end(t testing.TB) map[int]int {
	t.Helper()
	l.stop()
	l.running.Wait()
	t.Logf("%s: %v, nobody: %v, problems: %q", loadTenant, l.of, l.nobody, l.problems)
	for status := range l.nobody {
		assert.Contains(t, []int{0, http.StatusNotFound, http.StatusServiceUnavailable}, status, "a request of nobody's")
	}
	assert.NotContains(t, l.problems, "served without a limit")
	assert.NotZero(t, l.of[http.StatusOK])
	return l.of
}

// nothingLost tells that each request of a tenant's was served. On a busy machine a part may not have answered the proxy within half a second,
// which closes the edge for that request, as it should.
func (l *load) nothingLost(t testing.TB) {
	t.Helper()
	got := l.end(t)
	assert.Empty(t, l.problems)
	late := got[http.StatusServiceUnavailable]
	assert.LessOrEqual(t, late, got[http.StatusOK]/100, "refused because a part was late")
	delete(got, http.StatusServiceUnavailable)
	assert.Equal(t, map[int]int{http.StatusOK: got[http.StatusOK]}, got)
}
