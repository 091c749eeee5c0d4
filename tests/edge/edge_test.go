package edge_test

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tiers"
	gateapi "github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/provisioner/api"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
)

// secret is in what a client sends, and in nobody's log.
const secret = "do-not-write-this-down"

func TestEdge(t *testing.T) {
	w := start(t)
	out, err := exec.CommandContext(t.Context(), w.tools["envoy"], "--mode", "validate", "-c", w.file("proxy.json")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	w.tenant(t, "acme", "enterprise", api.StateActive)
	w.tenant(t, "beta", "enterprise", api.StateActive)
	w.eventually(t, "acme", http.StatusOK)
	w.eventually(t, "beta", http.StatusOK)
	for _, sub := range []struct {
		name string
		test func(*testing.T, *world)
	}{
		{"own notes", ownNotes}, {"unknown", unknown}, {"forged", forged}, {"hosts", hosts}, {"smuggling", smuggling}, {"bounds", bounds},
		{"suspended", suspended}, {"limited", limited}, {"second", perSecond}, {"day", perDay},
		{"cache gone", cacheGone}, {"counting gone", countingGone}, {"gate gone", gateGone}, {"application gone", applicationGone}, {"database gone", databaseGone},
		{"start without database", startWithoutDatabase}, {"usage", usage}, {"logs", logs},
	} {
		t.Run(sub.name, func(t *testing.T) { sub.test(t, w) })
	}
}

// A request reaches the notes of the tenant that its host names, and no other's.
func ownNotes(t *testing.T, w *world) {
	require.Equal(t, http.StatusCreated, w.add(t, "acme", "mine").status)
	got := w.get(t, "acme")
	require.Equal(t, http.StatusOK, got.status)
	assert.Contains(t, got.body, `"text":"mine"`)
	assert.Equal(t, "edge", got.headers.Get("Server"))
	got = w.get(t, "beta")
	require.Equal(t, http.StatusOK, got.status)
	assert.NotContains(t, got.body, "mine")
	got = w.do(t, request{method: http.MethodGet, host: strings.ToUpper(w.host("acme")), path: sampleapi.PathNotes})
	assert.Equal(t, http.StatusOK, got.status, "hosts have no case")
}

// Nobody learns who exists.
func unknown(t *testing.T, w *world) {
	want := w.get(t, "nobody")
	assert.Equal(t, http.StatusNotFound, want.status)
	assert.Equal(t, string(gateapi.CodeUnknown), want.code())
	for _, name := range []string{"www", "a.acme"} {
		got := w.get(t, name)
		assert.Equal(t, want.status, got.status, name)
		assert.Equal(t, want.body, got.body, name)
	}
	assert.Equal(t, http.StatusNotFound, w.do(t, request{method: http.MethodGet, host: fmt.Sprintf("evil.example:%d", w.public), path: "/"}).status)
	for _, path := range []string{"/readyz", "/livez", "/server_info", "/healthcheck"} {
		assert.Equal(t, http.StatusNotFound, w.do(t, request{method: http.MethodGet, host: w.host("nobody"), path: path}).status, path)
	}
}

// Nobody but the edge says whose a request is.
func forged(t *testing.T, w *world) {
	for _, name := range []string{"X-Tenant", "X-Tenant-Identity", "x-tenant-anything", "X-TENANT"} {
		got := w.do(t, request{method: http.MethodGet, host: w.host("acme"), path: sampleapi.PathNotes, headers: map[string]string{name: "beta"}})
		assert.Equal(t, http.StatusBadRequest, got.status, name)
		assert.Equal(t, string(gateapi.CodeReserved), got.code(), name)
	}
	got := w.do(t, request{method: http.MethodGet, host: w.host("acme"), path: sampleapi.PathNotes, headers: map[string]string{"X_Tenant": "beta"}})
	assert.Equal(t, http.StatusBadRequest, got.status, "an underscore")
	got = w.do(t, request{method: http.MethodGet, host: w.host("acme"), path: sampleapi.PathNotes, headers: map[string]string{"X-Other": "beta"}})
	assert.Equal(t, http.StatusOK, got.status, "other headers pass")
	direct, err := http.Get("http://" + strings.TrimPrefix(w.application.env[0], sampleapi.EnvAddress+"=") + sampleapi.PathNotes)
	require.NoError(t, err)
	require.NoError(t, direct.Body.Close())
	assert.Equal(t, http.StatusForbidden, direct.StatusCode, "the application serves nobody who did not come through the edge")
}

// raw sends bytes as they are, and gives the status of what comes back; 0: nothing did. Like do, it tries again after a 503.
func (w *world) raw(t testing.TB, text string) int {
	t.Helper()
	var status int
	await(t, func() bool { status = w.rawOnce(t, text); return status != http.StatusServiceUnavailable }, "%q without 503", text)
	return status
}

func (w *world) rawOnce(t testing.TB, text string) int {
	t.Helper()
	connection, err := net.Dial("tcp", address(w.public))
	require.NoError(t, err)
	defer connection.Close()
	require.NoError(t, connection.SetDeadline(time.Now().Add(forever)))
	_, err = connection.Write([]byte(text))
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// A host is read in one way, or refused.
func hosts(t *testing.T, w *world) {
	host := w.host("acme")
	require.Equal(t, http.StatusOK, w.raw(t, "GET /notes HTTP/1.1\r\nHost: "+host+"\r\n\r\n"), "what the cases below change is right")
	for name, text := range map[string]string{
		"two hosts":              "GET /notes HTTP/1.1\r\nHost: " + host + "\r\nHost: " + w.host("beta") + "\r\n\r\n",
		"twice the same":         "GET /notes HTTP/1.1\r\nHost: " + host + "\r\nHost: " + host + "\r\n\r\n",
		"two in one":             "GET /notes HTTP/1.1\r\nHost: " + host + "," + w.host("beta") + "\r\n\r\n",
		"none":                   "GET /notes HTTP/1.1\r\n\r\n",
		"empty":                  "GET /notes HTTP/1.1\r\nHost: \r\n\r\n",
		"a whole URL":            "GET http://" + w.host("beta") + "/notes HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"a whole URL of its own": "GET http://" + host + "/notes HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"no port":                "GET /notes HTTP/1.1\r\nHost: acme." + domain + "\r\n\r\n",
		"another port":           "GET /notes HTTP/1.1\r\nHost: acme." + domain + ":1\r\n\r\n",
		"a final dot":            "GET /notes HTTP/1.1\r\nHost: acme." + domain + ".:" + strconv.Itoa(w.public) + "\r\n\r\n",
		"a user":                 "GET /notes HTTP/1.1\r\nHost: a@" + host + "\r\n\r\n",
		"an escape":              "GET /notes HTTP/1.1\r\nHost: %61cme." + domain + ":" + strconv.Itoa(w.public) + "\r\n\r\n",
		"a space":                "GET /notes HTTP/1.1\r\nHost: acme ." + domain + ":" + strconv.Itoa(w.public) + "\r\n\r\n",
	} {
		status := w.raw(t, text)
		assert.True(t, status == 0 || status == http.StatusBadRequest || status == http.StatusNotFound, "%s: %d", name, status)
	}
}

// What two programs could read in two ways is refused before it reaches the second.
func smuggling(t *testing.T, w *world) {
	host := w.host("acme")
	begin := func(line string) string { return line + " HTTP/1.1\r\nHost: " + host + "\r\n" }
	for name, text := range map[string]string{
		"a length and chunks":    begin("POST /notes") + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"two lengths":            begin("POST /notes") + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
		"another encoding":       begin("POST /notes") + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"an escaped slash":       begin("GET /%2fnotes") + "\r\n",
		"an escaped other slash": begin("GET /..%5cnotes") + "\r\n",
		"HTTP/1.0":               "GET /notes HTTP/1.0\r\nHost: " + host + "\r\n\r\n",
		"a tunnel":               "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"a trace":                begin("TRACE /notes") + "\r\n",
		"a header without name":  begin("GET /notes") + ": b\r\n\r\n",
		"a zero":                 begin("GET /notes") + "X-A: \x00\r\n\r\n",
		"a websocket":            begin("GET /notes") + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		"the server's options":   begin("OPTIONS *") + "\r\n",
	} {
		status := w.raw(t, text)
		assert.True(t, status == 0 || status >= 400 && status <= http.StatusNotImplemented, "%s: %d", name, status)
		assert.NotEqual(t, http.StatusRequestTimeout, status, "%s: it is not awaited", name)
	}
	assert.Equal(t, http.StatusOK, w.raw(t, begin("GET /x/..//notes")+"\r\n"), "a path that is only untidy is tidied")
}

// What a client may send has bounds.
func bounds(t *testing.T, w *world) {
	long := strings.Repeat("a", 32<<10)
	got := w.do(t, request{method: http.MethodGet, host: w.host("acme"), path: sampleapi.PathNotes, headers: map[string]string{"X-Long": long}})
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, got.status)
	many := map[string]string{}
	for i := range 150 {
		many[fmt.Sprintf("X-Header-%d", i)] = "a"
	}
	got = w.do(t, request{method: http.MethodGet, host: w.host("acme"), path: sampleapi.PathNotes, headers: many})
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, got.status)
	got = w.do(t, request{method: http.MethodPost, host: w.host("acme"), path: sampleapi.PathNotes, body: strings.Repeat("a", 1<<20+1)})
	assert.Equal(t, http.StatusRequestEntityTooLarge, got.status)
	assert.Equal(t, http.StatusOK, w.get(t, "acme").status)
}

// A suspension is felt at the edge at once, and taken back at once; another tenant feels nothing.
func suspended(t *testing.T, w *world) {
	w.tenant(t, "paused", "enterprise", api.StateActive)
	w.eventually(t, "paused", http.StatusOK)
	w.tenant(t, "paused", "enterprise", api.StateSuspended)
	began := time.Now()
	got := w.eventually(t, "paused", http.StatusForbidden)
	t.Logf("a suspension is felt %s after the provisioner has said that it is done", time.Since(began).Round(time.Millisecond))
	assert.Equal(t, string(gateapi.CodeSuspended), got.code())
	assert.Contains(t, got.body, contact)
	page := w.do(t, request{method: http.MethodGet, host: w.host("paused"), path: "/", headers: map[string]string{"Accept": "text/html"}})
	assert.Equal(t, http.StatusForbidden, page.status)
	assert.Contains(t, page.headers.Get("Content-Type"), "text/html")
	assert.Contains(t, page.body, contact)
	assert.Equal(t, http.StatusOK, w.get(t, "acme").status)
	w.tenant(t, "paused", "enterprise", api.StateActive)
	w.eventually(t, "paused", http.StatusOK)
}

// A limited tenant reads, and does not write, in whatever disguise.
func limited(t *testing.T, w *world) {
	w.tenant(t, "reader", "enterprise", api.StateActive)
	w.eventually(t, "reader", http.StatusOK)
	require.Equal(t, http.StatusCreated, w.add(t, "reader", "before").status)
	w.tenant(t, "reader", "enterprise", api.StateLimited)
	await(t, func() bool { return w.add(t, "reader", "refused").status == http.StatusPaymentRequired }, "a refusal to write")
	got := w.add(t, "reader", "refused")
	assert.Equal(t, string(gateapi.CodeLimited), got.code())
	assert.Contains(t, got.body, contact)
	disguised := w.do(t, request{method: http.MethodGet, host: w.host("reader"), path: sampleapi.PathNotes, headers: map[string]string{"X-HTTP-Method-Override": "DELETE"}})
	assert.Equal(t, http.StatusPaymentRequired, disguised.status)
	got = w.eventually(t, "reader", http.StatusOK)
	assert.Contains(t, got.body, "before")
	w.tenant(t, "reader", "enterprise", api.StateActive)
	await(t, func() bool { return w.add(t, "reader", "after").status == http.StatusCreated }, "a note")
}

// A tenant may send what its tier says in each second, and is told when to go on. What is refused does not use up its day.
func perSecond(t *testing.T, w *world) {
	awayFromMidnight()
	w.tenant(t, "small", "free", api.StateActive)
	w.eventually(t, "small", http.StatusOK)
	tier, err := tiers.Find("free")
	require.NoError(t, err)
	statuses := map[int]int{}
	var refused response
	began := time.Now()
	// Several at once, since a busy machine may not serve one after the other fast enough for a limit of a second.
	const atOnce = 5
	for statuses[http.StatusTooManyRequests] == 0 && time.Since(began) < forever {
		for one := range w.burst(t, "small", atOnce, 200) {
			statuses[one.status]++
			if one.status == http.StatusTooManyRequests {
				refused = one
			}
		}
	}
	windows := int(time.Since(began)/time.Second) + 2 // that these requests can have met
	t.Logf("%v in %s", statuses, time.Since(began))
	served, late := statuses[http.StatusOK], statuses[http.StatusServiceUnavailable]
	assert.LessOrEqual(t, served, windows*tier.Limits.RequestsPerSecond)
	assert.Subset(t, []int{http.StatusOK, http.StatusTooManyRequests, http.StatusServiceUnavailable}, slices.Collect(maps.Keys(statuses)))
	if assert.NotZero(t, statuses[http.StatusTooManyRequests]) {
		assert.Equal(t, "1", refused.headers.Get("Retry-After"))
		assert.Equal(t, "too-many-requests", refused.code())
		assert.Equal(t, "0", refused.headers.Get("X-Ratelimit-Remaining"))
		assert.Equal(t, "1", refused.headers.Get("X-Ratelimit-Reset"))
		assert.True(t, strings.HasPrefix(refused.headers.Get("X-Ratelimit-Limit"), "5,"), refused.headers.Get("X-Ratelimit-Limit"))
	}
	// Those that are counted at the same moment can all find the second not used up yet.
	assert.LessOrEqual(t, w.countedToday(t, "small"), 1+served+late+atOnce*windows, "those refused in a second count for no day")
}

// burst sends requests of a tenant, several at once.
func (w *world) burst(t testing.TB, tenant string, atOnce, all int) <-chan response {
	t.Helper()
	answers := make(chan response)
	var senders sync.WaitGroup
	for range atOnce {
		senders.Go(func() {
			for range all / atOnce {
				answers <- w.once(t, w.notes(tenant))
			}
		})
	}
	go func() { senders.Wait(); close(answers) }()
	return answers
}

// awayFromMidnight waits for the next day of UTC where it is near: a test of a day's count would see two.
func awayFromMidnight() {
	const day, near = 24 * time.Hour, time.Minute
	if left := day - time.Since(time.Now().UTC().Truncate(day)); left < near {
		time.Sleep(left)
	}
}

// dayKey is where the cache counts a tenant's day.
func (w *world) dayKey(t testing.TB, tenant string) string {
	t.Helper()
	keys, err := w.inCache(t).Keys(t.Context(), strings.Join([]string{edge.CountDomain, edge.CountTenant, tenant, edge.CountWindow, edge.WindowDay}, "_")+"_*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 1)
	return keys[0]
}

func (w *world) countedToday(t testing.TB, tenant string) int {
	t.Helper()
	n, err := w.inCache(t).Get(t.Context(), w.dayKey(t, tenant)).Int()
	require.NoError(t, err)
	return n
}

// A day has its own limit, of UTC, and a change of tier does not begin it anew.
func perDay(t *testing.T, w *world) {
	awayFromMidnight()
	w.tenant(t, "busy", "free", api.StateActive)
	w.eventually(t, "busy", http.StatusOK)
	tier, err := tiers.Find("free")
	require.NoError(t, err)
	key := w.dayKey(t, "busy")
	require.NoError(t, w.inCache(t).SetArgs(t.Context(), key, tier.Limits.RequestsPerDay, redisKeepTTL).Err())
	var got response
	await(t, func() bool {
		got = w.get(t, "busy")
		return got.status == http.StatusTooManyRequests && got.headers.Get("Retry-After") != "1"
	}, "a refusal for the day")
	wait, err := strconv.Atoi(got.headers.Get("Retry-After"))
	require.NoError(t, err)
	midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	assert.InDelta(t, time.Until(midnight).Seconds(), wait, 120)

	w.tenant(t, "busy", "starter", api.StateActive)
	w.eventually(t, "busy", http.StatusOK)
	assert.Greater(t, w.countedToday(t, "busy"), tier.Limits.RequestsPerDay, "the same day goes on")
	w.tenant(t, "busy", "free", api.StateActive)
	w.eventually(t, "busy", http.StatusTooManyRequests)
}

// closes tells that nobody passes while something is away, and everybody does when it is back.
func (w *world) closes(t *testing.T, p *process) {
	t.Helper()
	w.eventually(t, "acme", http.StatusOK)
	p.stop(t, syscall.SIGKILL)
	w.eventually(t, "acme", http.StatusServiceUnavailable)
	for range 20 {
		assert.Equal(t, http.StatusServiceUnavailable, w.once(t, w.notes("acme")).status)
	}
	p.start(t)
	w.eventually(t, "acme", http.StatusOK)
}

func cacheGone(t *testing.T, w *world)       { w.closes(t, w.cache) }
func countingGone(t *testing.T, w *world)    { w.closes(t, w.counting) }
func gateGone(t *testing.T, w *world)        { w.closes(t, w.gate) }
func applicationGone(t *testing.T, w *world) { w.closes(t, w.application) }

// A gate that has not reached the database for a while lets nobody in, though the application reaches it.
func databaseGone(t *testing.T, w *world) {
	w.eventually(t, "acme", http.StatusOK)
	w.door.set(false)
	w.eventually(t, "acme", http.StatusOK) // what gate knows is good for a while
	var got response
	await(t, func() bool {
		got = w.once(t, w.notes("acme"))
		return got.status == http.StatusServiceUnavailable && got.headers.Get("Retry-After") != "" // the proxy's own refusals do not say when
	}, "gate closes")
	assert.Equal(t, string(gateapi.CodeUnavailable), got.code())
	assert.Contains(t, w.gate.text(t), "the database has not answered for ")
	assert.Equal(t, http.StatusServiceUnavailable, w.once(t, w.notes("nobody")).status, "it does not tell who is unknown either")
	w.door.set(true)
	w.eventually(t, "acme", http.StatusOK)
}

// A gate that starts without the database knows nobody.
func startWithoutDatabase(t *testing.T, w *world) {
	w.door.set(false)
	w.gate.stop(t, syscall.SIGTERM)
	w.gate.start(t)
	await(t, func() bool {
		got := w.once(t, w.notes("acme"))
		return got.status == http.StatusServiceUnavailable && got.headers.Get("Retry-After") != ""
	}, "gate closes")
	assert.Contains(t, w.gate.text(t), "the database has not answered since the start")
	w.door.set(true)
	w.eventually(t, "acme", http.StatusOK)
}

// Each request is counted for its tenant, once.
func usage(t *testing.T, w *world) {
	w.tenant(t, "counted", "enterprise", api.StateActive)
	w.eventually(t, "counted", http.StatusOK)
	const more = 25
	for range more {
		w.eventually(t, "counted", http.StatusOK)
	}
	await(t, func() bool { return w.used(t, "counted") >= more+1 }, "usage")
	time.Sleep(time.Second) // what is counted twice would come now
	assert.Equal(t, more+1, w.used(t, "counted"), "those, and the first that was served")
}

// used is how many requests gate has counted as served.
func (w *world) used(t testing.TB, tenant string) int {
	t.Helper()
	total := 0
	for line := range strings.Lines(w.gate.text(t)) {
		var row struct {
			Msg, Tenant string
			Served      int
		}
		if strings.Contains(line, `"msg":"usage"`) && unmarshal(line, &row) && row.Tenant == tenant {
			total += row.Served
		}
	}
	return total
}

// What a client sends may hold secrets, which nobody writes down.
func logs(t *testing.T, w *world) {
	got := w.do(t, request{
		method: http.MethodGet, host: w.host("acme"), path: "/notes/1?token=" + secret,
		headers: map[string]string{"Authorization": "Bearer " + secret, "Cookie": "session=" + secret, "Referer": "https://a.example/" + secret, "User-Agent": secret},
	})
	id := got.headers.Get("X-Request-Id")
	assert.Empty(t, id, "it tells nothing of the inside")
	await(t, func() bool { return strings.Contains(w.proxy.text(t), `"tenant":"acme"`) }, "a line of the proxy's")
	time.Sleep(2 * time.Second) // above what the proxy keeps before it writes
	for _, p := range []*process{w.proxy, w.gate, w.counting, w.application} {
		assert.NotContains(t, p.text(t), secret, p.name)
		assert.NotContains(t, p.text(t), "eyJ", "an identity: %s", p.name)
	}
}
