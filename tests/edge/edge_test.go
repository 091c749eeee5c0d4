package edge_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
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
		{"own notes", ownNotes}, {"unknown", unknown}, {"attacks", attacks}, {"bounds", bounds}, {"slow", slow},
		{"suspended", suspended}, {"limited", limited}, {"denials", deniedInMasses}, {"second", perSecond}, {"day", perDay}, {"day in the ledger", perDayByLedger},
		{"second by other clocks", secondsByOtherClocks}, {"day by other clocks", daysByOtherClocks},
		{"at once", atOnce}, {"late answer", lateAnswer}, {"address", perAddress}, {"network", perNetwork},
		{"cache gone", cacheGone}, {"cache full", cacheFull}, {"cache failover", cacheFailover}, {"counting gone", countingGone}, {"gate gone", gateGone}, {"application gone", applicationGone}, {"database gone", databaseGone},
		{"start without database", startWithoutDatabase}, {"usage", usage}, {"promise", promise}, {"logs", logs},
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

// Who is slow is not waited for, and holds nobody up.
func slow(t *testing.T, w *world) {
	begin := "POST /notes HTTP/1.1\r\nHost: " + w.host("acme") + "\r\n"
	var waiting sync.WaitGroup
	for name, text := range map[string]string{"within its headers": begin + "X-A: ", "within its body": begin + "Content-Length: 10\r\n\r\na"} {
		waiting.Go(func() {
			got := w.rawOnce(t, text)
			assert.Contains(t, []int{0, http.StatusRequestTimeout}, got.status, name)
		})
	}
	assert.Equal(t, http.StatusOK, w.get(t, "acme").status, "meanwhile")
	waiting.Wait()
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

// Who is denied again and again has a few lines in gate's log, and of the rest their number. None is forgotten.
func deniedInMasses(t *testing.T, w *world) {
	w.tenant(t, "barred", "enterprise", api.StateActive)
	w.eventually(t, "barred", http.StatusOK)
	w.tenant(t, "barred", "enterprise", api.StateSuspended)
	w.eventually(t, "barred", http.StatusForbidden)
	denied := 1
	for got := range w.burst(t, "barred", 5, 300) {
		if got.status == http.StatusForbidden { // not 503, with which gate itself may have nothing to do
			denied++
		}
	}
	w.gate.stop(t, syscall.SIGTERM)
	w.gate.start(t)
	written, suppressed := 0, 0
	for line := range strings.Lines(w.gate.text(t)) {
		var l struct {
			Tenant     string
			Suppressed int
		}
		if !unmarshal(line, &l) || l.Tenant != "barred" {
			continue
		}
		suppressed += l.Suppressed
		if l.Suppressed == 0 && strings.Contains(line, `"msg":"denied"`) {
			written++
		}
	}
	t.Logf("%d denied: %d lines, %d counted", denied, written, suppressed)
	assert.NotZero(t, suppressed)
	assert.GreaterOrEqual(t, written+suppressed, denied)
	w.eventually(t, "acme", http.StatusOK)
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
	statuses, waiting := map[int]int{}, 0
	var refused response
	began := time.Now()
	// Several at once, since a busy machine may not serve one after the other fast enough for a limit of a second.
	const senders = 5
	for statuses[http.StatusTooManyRequests] == 0 && time.Since(began) < forever {
		for one := range w.burst(t, "small", senders, 200) {
			if one.code() == string(gateapi.CodeAtOnce) { // as many are under way as there may be, since the proxy tells of an end a little later
				waiting++
				continue
			}
			if strings.Contains(one.body, edge.MessageTooManyAddress) { // a fast machine meets the limit of its address as well
				continue
			}
			statuses[one.status]++
			if one.status == http.StatusTooManyRequests {
				refused = one
			}
		}
	}
	windows := int(time.Since(began)/time.Second) + 2 // that these requests can have met
	t.Logf("%v, and %d at once, in %s", statuses, waiting, time.Since(began))
	served, late := statuses[http.StatusOK], statuses[http.StatusServiceUnavailable]
	assert.LessOrEqual(t, served, windows*tier.Limits.RequestsPerSecond)
	assert.Subset(t, []int{http.StatusOK, http.StatusTooManyRequests, http.StatusServiceUnavailable}, slices.Collect(maps.Keys(statuses)))
	if assert.NotZero(t, statuses[http.StatusTooManyRequests]) {
		assert.Equal(t, "1", refused.headers.Get("Retry-After"))
		assert.Equal(t, edge.CodeTooMany, refused.code())
		assert.Contains(t, refused.body, edge.MessageTooMany)
		assert.Equal(t, "0", refused.headers.Get("X-Ratelimit-Remaining"))
		assert.Equal(t, "1", refused.headers.Get("X-Ratelimit-Reset"))
		assert.True(t, strings.HasPrefix(refused.headers.Get("X-Ratelimit-Limit"), "5,"), refused.headers.Get("X-Ratelimit-Limit"))
	}
	// What is served has a line each, what is refused one in ten, by chance.
	await(t, func() bool { return w.lines(t, "small", http.StatusOK) > served }, "a line of each request that was served")
	assert.LessOrEqual(t, w.lines(t, "small", http.StatusTooManyRequests), (statuses[http.StatusTooManyRequests]+waiting)/2+5)
	// Those that are counted at the same moment can all find the second not used up yet.
	assert.LessOrEqual(t, w.countedToday(t, "small"), 1+served+late+senders*windows, "those refused in a second count for no day")
	await(t, func() bool {
		return w.used(t, "served", "small") > served && w.used(t, "refused", "small") >= statuses[http.StatusTooManyRequests]+waiting
	}, "usage")
	admitted := w.used(t, "admitted", "small")
	assert.Greater(t, admitted, served)
	assert.LessOrEqual(t, admitted, 1+served+late, "nor in the ledger")
}

// lines is how many lines the proxy has written of a tenant's requests that got the status.
func (w *world) lines(t testing.TB, tenant string, status int) (n int) {
	t.Helper()
	for text := range strings.Lines(w.proxy.text(t)) {
		var line struct {
			Tenant string
			Status int
		}
		if unmarshal(text, &line) && line.Tenant == tenant && line.Status == status {
			n++
		}
	}
	return n
}

// unmarshal reads a line of a log that is JSON.
func unmarshal(line string, into any) bool { return json.Unmarshal([]byte(line), into) == nil }

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

// asking sends requests of a tenant, several at once, until it is stopped, and tells how many got which status.
func (w *world) asking(t testing.TB, tenant string, atOnce int) (stop func() map[int]int) {
	t.Helper()
	statuses, stopped := map[int]int{}, make(chan struct{})
	var mu sync.Mutex
	var senders sync.WaitGroup
	for range atOnce {
		senders.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				status := w.once(t, w.notes(tenant)).status
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	return func() map[int]int { close(stopped); senders.Wait(); return statuses }
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

// The ledger holds the day when the cache has lost it: gate refuses as the proxy does, by the number of the tier that the tenant has now,
// until the day has ended.
func perDayByLedger(t *testing.T, w *world) {
	awayFromMidnight()
	w.tenant(t, "spent", "free", api.StateActive)
	w.eventually(t, "spent", http.StatusOK)
	tier, err := tiers.Find("free")
	require.NoError(t, err)
	refused := func() (got response) {
		await(t, func() bool {
			got = w.get(t, "spent")
			return got.status == http.StatusTooManyRequests && got.headers.Get("Retry-After") != "1"
		}, "a refusal for the day")
		return got
	}
	require.NoError(t, w.inCache(t).SetArgs(t.Context(), w.dayKey(t, "spent"), tier.Limits.RequestsPerDay, redisKeepTTL).Err())
	ofProxy := refused()
	require.NoError(t, w.inCache(t).FlushAll(t.Context()).Err())
	w.eventually(t, "spent", http.StatusOK) // the ledger has the few requests that there were

	w.change(t, `INSERT INTO platform.usage AS u VALUES (date_trunc('hour', now(), 'UTC'), 'spent', 0, 0, $1, 0, 0, 0)
		ON CONFLICT (hour, tenant) DO UPDATE SET admitted = excluded.admitted`, tier.Limits.RequestsPerDay)
	ofGate := refused()
	assert.Contains(t, w.gate.text(t), "the tenant has used up its day, by the ledger")
	assert.Equal(t, ofProxy.body, ofGate.body)
	for _, header := range []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "Content-Type"} {
		assert.Equal(t, ofProxy.headers.Get(header), ofGate.headers.Get(header), header)
	}
	for _, header := range []string{"X-Ratelimit-Reset", "Retry-After"} {
		first, err := strconv.Atoi(ofProxy.headers.Get(header))
		require.NoError(t, err, header)
		second, err := strconv.Atoi(ofGate.headers.Get(header))
		require.NoError(t, err, header)
		assert.InDelta(t, first, second, 120, header)
	}

	require.NoError(t, w.inCache(t).FlushAll(t.Context()).Err())
	for range 20 {
		assert.Equal(t, http.StatusTooManyRequests, w.get(t, "spent").status, "the cache is empty, and the ledger is not")
	}
	w.tenant(t, "spent", "starter", api.StateActive)
	w.eventually(t, "spent", http.StatusOK)
	w.tenant(t, "spent", "free", api.StateActive)
	w.eventually(t, "spent", http.StatusTooManyRequests)
	require.NotEqual(t, "1", refused().headers.Get("Retry-After"))
	w.change(t, "UPDATE platform.usage SET hour = hour - interval '24 hours' WHERE tenant = 'spent'") // a day passes
	w.eventually(t, "spent", http.StatusOK)
}

// A tenant has as many requests under way as its tier says, and the next one as soon as one of them ends; others feel nothing of it.
func atOnce(t *testing.T, w *world) {
	w.tenant(t, "slow", "free", api.StateActive)
	w.eventually(t, "slow", http.StatusOK)
	tier, err := tiers.Find("free")
	require.NoError(t, err)
	var slow []*unfinished
	var got response
	await(t, func() bool {
		slow = slices.DeleteFunc(slow, func(u *unfinished) bool { return u.answered.Load() }) // in the second, or after half a minute
		for len(slow) < tier.Limits.ConcurrentRequests {
			slow = append(slow, w.hold(t, "slow"))
		}
		got = w.get(t, "slow")
		return got.code() == string(gateapi.CodeAtOnce)
	}, "a refusal of one more at once")
	assert.Equal(t, http.StatusTooManyRequests, got.status)
	assert.Equal(t, "1", got.headers.Get("Retry-After"))
	assert.Contains(t, got.body, edge.MessageTooManyAtOnce)
	assert.Empty(t, got.headers.Values("X-Ratelimit-Limit"), "by which the page wrong-429 tells it from the others")
	assert.Equal(t, http.StatusOK, w.get(t, "acme").status)
	for _, u := range slow {
		require.NoError(t, u.connection.Close())
	}
	w.eventually(t, "slow", http.StatusOK)
	await(t, func() bool {
		left, err := w.inCache(t).ZCard(t.Context(), "edge_under_way_slow").Result()
		return err == nil && left == 0
	}, "no lease is left")
}

// unfinished is a request that has sent its headers, and no body.
type unfinished struct {
	connection net.Conn
	answered   atomic.Bool
}

func (w *world) hold(t testing.TB, tenant string) *unfinished {
	t.Helper()
	connection, err := net.Dial("tcp", address(w.public))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	_, err = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 9\r\n\r\n", sampleapi.PathNotes, w.host(tenant))
	require.NoError(t, err)
	u := &unfinished{connection: connection}
	go func() {
		_, _ = connection.Read(make([]byte, 1))
		u.answered.Store(true)
	}()
	return u
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

// The cache's primary is lost in the middle of a day, under load, and its replica takes its place: nothing passes uncounted, nothing is counted
// twice, and the day goes on.
func cacheFailover(t *testing.T, w *world) {
	awayFromMidnight()
	w.eventually(t, "acme", http.StatusOK)
	port := freePorts(t, 1)[0]
	replica := &process{name: "replica", log: w.file("replica.log"), command: slices.Concat(w.cacheCommand, []string{
		"--port", strconv.Itoa(port), "--replicaof", "127.0.0.1 " + strconv.Itoa(w.cachePort),
	})}
	replica.start(t)
	t.Cleanup(func() { replica.stop(t, syscall.SIGKILL) })
	second := w.nodeOfCache(t, port)
	await(t, func() bool {
		info, err := second.Info(t.Context(), "replication").Result()
		return err == nil && strings.Contains(info, "master_link_status:up")
	}, "the replica follows")

	const left = 20
	tier, err := tiers.Find("free")
	require.NoError(t, err)
	w.tenant(t, "heir", "free", api.StateActive)
	w.eventually(t, "heir", http.StatusOK)
	key := w.dayKey(t, "heir")
	require.NoError(t, w.inCache(t).SetArgs(t.Context(), key, tier.Limits.RequestsPerDay-left, redisKeepTTL).Err())
	await(t, func() bool {
		n, err := second.Get(t.Context(), key).Int()
		return err == nil && n >= tier.Limits.RequestsPerDay-left
	}, "the replica has the count")

	w.tenant(t, "crowd", "enterprise", api.StateActive)
	w.eventually(t, "crowd", http.StatusOK)
	stop := w.asking(t, "crowd", 8)
	w.eventually(t, "crowd", http.StatusOK)
	w.cache.stop(t, syscall.SIGKILL)
	w.eventually(t, "heir", http.StatusServiceUnavailable)
	require.NoError(t, second.ReplicaOf(t.Context(), "NO", "ONE").Err())
	w.primary.lead(address(port))
	passed := 0
	await(t, func() bool {
		got := w.once(t, w.notes("heir"))
		if got.status == http.StatusOK {
			passed++
		}
		return got.status == http.StatusTooManyRequests && got.headers.Get("Retry-After") != "1"
	}, "the day's end")
	assert.Positive(t, passed, "it is served again")
	assert.LessOrEqual(t, passed, left, "the day goes on with what was counted")
	w.eventually(t, "crowd", http.StatusOK)
	statuses := stop()
	t.Logf("under load: %v", statuses)
	served := statuses[http.StatusOK] + 3 // those before, in its midst and after
	assert.NotZero(t, statuses[http.StatusServiceUnavailable])
	for _, known := range []int{http.StatusOK, http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		delete(statuses, known)
	}
	assert.Empty(t, statuses)
	await(t, func() bool { return w.used(t, "served", "crowd") >= served }, "usage")
	time.Sleep(time.Second) // what is counted twice would come now
	assert.Equal(t, served, w.used(t, "served", "crowd"))

	w.cache.start(t)
	await(t, func() bool { return listens(w.cachePort) }, "the cache listens")
	w.primary.lead(address(w.cachePort))
	w.eventually(t, "acme", http.StatusOK)
}

// A cache that is full counts nothing, so nobody passes, and it forgets nothing: with room again the day goes on.
func cacheFull(t *testing.T, w *world) {
	awayFromMidnight()
	w.eventually(t, "acme", http.StatusOK)
	cache, key := w.inCache(t), w.dayKey(t, "acme")
	require.NoError(t, cache.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err()) // as components/cache has it
	counted, err := cache.Get(t.Context(), key).Int()
	require.NoError(t, err)
	require.NoError(t, cache.ConfigSet(t.Context(), "maxmemory", "1").Err())
	for range 20 {
		assert.Equal(t, http.StatusServiceUnavailable, w.once(t, w.notes("acme")).status)
	}
	require.NoError(t, cache.ConfigSet(t.Context(), "maxmemory", "0").Err()) // no bound
	w.eventually(t, "acme", http.StatusOK)
	now, err := cache.Get(t.Context(), key).Int()
	require.NoError(t, err)
	assert.Greater(t, now, counted)
}

func cacheGone(t *testing.T, w *world)       { w.closes(t, w.cache) }
func countingGone(t *testing.T, w *world)    { w.closes(t, w.counting) }
func gateGone(t *testing.T, w *world)        { w.closes(t, w.gate) }
func applicationGone(t *testing.T, w *world) { w.closes(t, w.application) }

// A gate that has not reached the database for a while lets nobody in, though the application reaches it.
// What it has counted meanwhile waits for the ledger.
func databaseGone(t *testing.T, w *world) {
	w.eventually(t, "acme", http.StatusOK)
	w.tenant(t, "kept", "enterprise", api.StateActive)
	w.eventually(t, "kept", http.StatusOK)
	w.door.set(false)
	const more = 10
	for range more {
		w.eventually(t, "kept", http.StatusOK)
	}
	w.eventually(t, "acme", http.StatusOK) // what gate knows is good for a while
	var got response
	await(t, func() bool {
		got = w.once(t, w.notes("acme"))
		return got.status == http.StatusServiceUnavailable && got.headers.Get("Retry-After") != "" // the proxy's own refusals do not say when
	}, "gate closes")
	assert.Equal(t, string(gateapi.CodeUnavailable), got.code())
	assert.Contains(t, w.gate.text(t), "the database has not answered for ")
	assert.Equal(t, http.StatusServiceUnavailable, w.once(t, w.notes("nobody")).status, "it does not tell who is unknown either")
	await(t, func() bool { return strings.Contains(w.gate.text(t), "usage waits for the ledger") }, "a batch that is not taken")
	assert.LessOrEqual(t, w.used(t, "served", "kept"), 1)
	w.door.set(true)
	w.eventually(t, "acme", http.StatusOK)
	await(t, func() bool { return w.used(t, "served", "kept") >= more+1 }, "what waited for the ledger")
	assert.Equal(t, more+1, w.used(t, "served", "kept"))
}

// A gate that ends without the database writes down what the ledger has not taken, and one that starts without it knows nobody.
func startWithoutDatabase(t *testing.T, w *world) {
	w.door.set(false)
	w.eventually(t, "acme", http.StatusOK)
	w.gate.stop(t, syscall.SIGTERM)
	assert.Contains(t, w.gate.text(t), "usage that the ledger has not taken")
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
	await(t, func() bool { return w.used(t, "served", "counted") >= more+1 }, "usage")
	time.Sleep(time.Second) // what is counted twice would come now
	assert.Equal(t, more+1, w.used(t, "served", "counted"), "those, and the first that was served")
	assert.GreaterOrEqual(t, w.used(t, "admitted", "counted"), more+1)
}

// What fails by no fault of the client counts against what is promised: while the application is away, and while gate may not say whose a request
// is. A refusal that is right does not.
func promise(t *testing.T, w *world) {
	w.tenant(t, "hurt", "enterprise", api.StateActive)
	w.eventually(t, "hurt", http.StatusOK)
	served, failed := 1, 0
	until := func(status int) {
		await(t, func() bool {
			got := w.once(t, w.notes("hurt")).status
			switch got {
			case http.StatusOK:
				served++
			case http.StatusServiceUnavailable:
				failed++
			default:
				assert.Equal(t, http.StatusForbidden, got)
			}
			return got == status
		}, "status %d", status)
	}
	w.application.stop(t, syscall.SIGKILL)
	for range 20 {
		until(http.StatusServiceUnavailable)
	}
	w.application.start(t)
	until(http.StatusOK)
	w.door.set(false)
	until(http.StatusServiceUnavailable) // when what gate knows is too old
	w.door.set(true)
	until(http.StatusOK)
	w.tenant(t, "hurt", "enterprise", api.StateSuspended)
	until(http.StatusForbidden) // and before gate knows it, the application may fail
	await(t, func() bool {
		return w.used(t, "valid", "hurt") >= served+failed && w.used(t, "refused", "hurt") > failed
	}, "what counts")
	assert.Equal(t, failed, w.used(t, "failed", "hurt"))
}

// fields are the names in the first line of a log that is an object of JSON.
func fields(log string) []string {
	for line := range strings.Lines(log) {
		var object map[string]any
		if unmarshal(line, &object) {
			return slices.Sorted(maps.Keys(object))
		}
	}
	return nil
}

// What a client sends may hold secrets, which nobody writes down.
func logs(t *testing.T, w *world) {
	w.tenant(t, "discreet", "enterprise", api.StateActive)
	w.eventually(t, "discreet", http.StatusOK)
	got := w.do(t, request{
		method: http.MethodGet, host: w.host("discreet"), path: "/notes/none?token=" + secret,
		headers: map[string]string{
			"Authorization": "Bearer " + secret, "Cookie": "session=" + secret, "Referer": "https://a.example/" + secret, "User-Agent": secret,
			"X-Request-Id": secret, // nor does it name a lease: the ID is the proxy's own
		},
	})
	require.Equal(t, http.StatusNotFound, got.status)
	id := got.headers.Get("X-Request-Id")
	assert.Empty(t, id, "it tells nothing of the inside")
	await(t, func() bool { return w.lines(t, "discreet", got.status) > 0 }, "the proxy's line of it")
	recorded, err := os.ReadFile("../runbooks/testdata/edge-proxy.log")
	require.NoError(t, err)
	assert.Equal(t, fields(string(recorded)), fields(w.proxy.text(t)), "runbooks read the lines, and are tried on the recorded ones")
	for _, p := range []*process{w.proxy, w.gate, w.counting, w.application} {
		assert.NotContains(t, p.text(t), secret, p.name)
		assert.NotContains(t, p.text(t), "eyJ", "an identity: %s", p.name)
	}
}
