package edge

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"
	"github.com/tsenart/vegeta/v12/lib/plot"

	"github.com/genericcorp/platform/internal/tiers"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/loadtest"
	"github.com/genericcorp/platform/tests/testcloud"
)

var (
	measure = flag.Duration("measure", 0, "run TestLoad: load the edge for so long in each part, and write docs/load-nodes.md and the pages with plots")
	soak    = flag.Duration("soak", 0, "load the edge for so long once more, and tell its memory")
	cloud   = flag.String("cloud", "", "load the edge of the local cloud in this folder, which was made as docs/edge.md says, and leave it running")
)

const (
	loadNumbers = "../../loadtest/testdata/nodes.json"
	loadReport  = "../../../docs/load-nodes.md"
	loadPages   = "bin/load-nodes" // in the repository, and in no commit
	// answersIn is longer than the edge lets any request take.
	answersIn = 2 * time.Minute
)

// The load's tenants, and their tiers. Two are those that a local cloud begins with.
var (
	crowd = map[string]string{"acme": "pro", "ann": "pro", "bob": "pro"} // each has a third of 200 requests a second, of 100 that its tier allows
	paced = map[string]string{"birch": "free", "sue": "starter"}         // each sends ten times what it may
)

const (
	calm = "ann"   // feels its neighbour, and a proxy that is killed
	loud = "birch" // sends a hundred times what it may
)

// bench is the edge under load, and what was seen.
type bench struct {
	environment

	window, limitWindow time.Duration
	found               loadtest.OnNodes
	pages               loadtest.Pages
	began               time.Time
	before              map[string]loadtest.Entry // what the ledger had

	mu      sync.Mutex
	clients map[string]*loadtest.Tally // by tenant
	unclear int                        // of all of them, before the part that runs
}

// TestLoad loads the edge from outside the nodes, over TLS, from the load balancer to the database and back, and compares what clients counted
// with the ledger. Times are told, and never asserted.
func TestLoad(t *testing.T) {
	if *measure == 0 {
		t.Skip("takes many minutes: make load-nodes")
	}
	b := newBench(t)
	for _, part := range []struct {
		name   string
		run    func(*testing.T, *bench)
		untold int // leases whose end nobody tells
	}{
		{"users", users, 0}, {"a loud neighbour", neighbour, 0}, {"limits", limits, 0}, {"a long load", soaked, 0}, {"all is counted", allCounted, 0},
		{"a proxy is killed", proxyKilled, untold},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, b); b.leasesBack(t, part.untold) }) {
			t.FailNow()
		}
	}
	b.write(t)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{window: *measure, limitWindow: min(2**measure, time.Minute), began: time.Now(), clients: map[string]*loadtest.Tally{}}
	b.pages.Folder = filepath.Join(testcloud.Repository(t), loadPages)
	if *cloud != "" {
		b.environment = environment{Cloud: testcloud.At(t, *cloud)}
		b.balancer = b.findBalancer(t)
	} else {
		b.environment, _ = start(t)
	}
	twoPods(t, b.environment)
	b.targetsFollow(t)
	b.found.Load, b.found.Proxies = loadAverage(t), len(b.pods(t, proxy))
	b.before = b.ledger(t)
	have := observe.Tenants(t, b.Cloud)
	for _, all := range []map[string]string{crowd, paced} {
		for tenant, tier := range all {
			b.clients[tenant] = &loadtest.Tally{}
			if have[tenant] == "" {
				b.Platform(t, nil, "tenant", "create", tenant, "--tier", tier)
			}
		}
	}
	for tenant := range b.clients {
		b.begin(t, tenant)
	}
	b.found.Tenants = len(b.clients)
	b.found.Memory = b.memory(t)
	return b
}

func loadAverage(t *testing.T) float64 {
	t.Helper()
	machine, err := procfs.NewDefaultFS()
	require.NoError(t, err)
	load, err := machine.LoadAvg()
	require.NoError(t, err)
	return load.Load1
}

// begin waits until a tenant is served.
func (b *bench) begin(t *testing.T, tenant string) {
	t.Helper()
	// Until gate knows it nobody does, and its requests are nobody's: unclear to clients.
	eventually(t, tenant+" is served", func() bool {
		got := b.get(t, host(tenant), nil)
		b.clients[tenant].Add(got.status, []byte(got.body))
		return got.status == http.StatusOK
	})
}

// attack is load (loadtest.Attack), from users of whom each asks once a second.
type attack struct {
	name    string
	tenants []string // of the users, in turns
	users   int
	rate    int                   // requests a second, of all users; 0: one of each
	speaks  func(*http.Protocols) // nil: HTTP/2
	once    bool                  // a new connection for each request
	lasts   time.Duration
}

func http1(p *http.Protocols) { p.SetHTTP1(true) }

// connections are clients with connections of their own. Whose a request is says the fragment of its address, which is sent to nobody.
type connections []*http.Transport

func (c connections) RoundTrip(r *http.Request) (*http.Response, error) {
	_, number := whose(r.URL.Fragment)
	return c[number].RoundTrip(r)
}

// whose are the tenant and the user of a fragment.
func whose(fragment string) (tenant string, user int) {
	tenant, number, _ := strings.Cut(fragment, "/")
	user, _ = strconv.Atoi(number) // of our own making
	return tenant, user
}

// opening is how many users a second open their connections, before they ask once a second.
const opening = 25

// attack loads the edge and counts what clients see.
func (b *bench) attack(t *testing.T, a attack) *vegeta.Metrics {
	t.Helper()
	protocols := new(http.Protocols)
	if a.speaks == nil {
		protocols.SetHTTP2(true)
	} else {
		a.speaks(protocols)
	}
	all := make(connections, a.users)
	for i := range all {
		all[i] = &http.Transport{
			Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: b.balancer.roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: a.once,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, b.balancer.address)
			},
		}
		defer all[i].CloseIdleConnections()
	}
	var number atomic.Int64
	target := func(next *vegeta.Target) error {
		user := int(number.Add(1)) % a.users
		tenant := a.tenants[user%len(a.tenants)]
		next.Method, next.URL = http.MethodGet, fmt.Sprintf("https://%s%s#%s/%d", host(tenant), sampleapi.PathNotes, tenant, user)
		return nil
	}
	run := func(rate int, lasts time.Duration) (*vegeta.Metrics, *plot.Plot) {
		attacker := vegeta.NewAttacker(vegeta.Client(&http.Client{Transport: all}), vegeta.Timeout(answersIn), vegeta.Redirects(vegeta.NoFollow), vegeta.MaxWorkers(2000))
		load := loadtest.Attack{Name: a.name, Rate: rate, Lasts: lasts, Seen: b.seen, Senders: []loadtest.Sender{{Attacker: attacker, Target: target}}}
		got, drawn, err := load.Run()
		require.NoError(t, err)
		return got, drawn
	}
	if !a.once {
		run(opening, time.Duration(a.users)*time.Second/opening)
	}
	got, drawn := run(cmp.Or(a.rate, a.users), a.lasts)
	t.Logf("%s: %v, median %s, 99th %s, %q", a.name, got.StatusCodes, got.Latencies.P50, got.Latencies.P99, got.Errors[:min(5, len(got.Errors))])
	b.mu.Lock()
	defer b.mu.Unlock()
	require.NoError(t, b.pages.Draw(a.name, drawn))
	return got
}

func (b *bench) seen(result *vegeta.Result) {
	_, fragment, _ := strings.Cut(result.URL, "#")
	tenant, _ := whose(fragment)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clients[tenant].Add(int(result.Code), result.Body)
}

// answered tells that every request was answered: by the application or, as happens on a busy machine, by the edge, because a part did not answer in
// time, or because so many requests waited that the tenant had too many at once.
func answered(t *testing.T, m *vegeta.Metrics) {
	t.Helper()
	assert.NotZero(t, loadtest.With(m, http.StatusOK))
	assert.Equal(t, int(m.Requests), loadtest.With(m, http.StatusOK)+loadtest.With(m, http.StatusServiceUnavailable)+loadtest.With(m, http.StatusTooManyRequests),
		"%v %v", m.StatusCodes, m.Errors)
}

func users(t *testing.T, b *bench) {
	everybody := slices.Sorted(maps.Keys(crowd))
	for _, a := range []attack{
		{name: "10 users, HTTP/2", users: 10}, {name: "50 users, HTTP/2", users: 50}, {name: "200 users, HTTP/2", users: 200},
		{name: "50 users, HTTP/1.1", users: 50, speaks: http1}, {name: "50 users, HTTP/1.1, each request with a new connection", users: 50, speaks: http1, once: true},
	} {
		a.tenants, a.lasts = everybody, b.window
		got := b.attack(t, a)
		b.found.Users = append(b.found.Users, loadtest.NewRow(a.name, got))
		answered(t, got)
	}
}

// neighbour tells what a tenant feels of another that sends a hundred times what it may.
func neighbour(t *testing.T, b *bench) {
	tier, err := tiers.Find("free")
	require.NoError(t, err)
	a := attack{name: "calm", tenants: []string{calm}, users: 20, lasts: b.window}
	alone := b.attack(t, a)
	a.name = "beside a neighbour at 100 times its limit"
	var other, beside *vegeta.Metrics
	var both sync.WaitGroup
	both.Go(func() { beside = b.attack(t, a) })
	both.Go(func() {
		other = b.attack(t, attack{name: "the neighbour", tenants: []string{loud}, users: 20, rate: 100 * tier.Limits.RequestsPerSecond, lasts: b.window})
	})
	both.Wait()
	b.found.Neighbour = []loadtest.Row{loadtest.NewRow("calm", alone), loadtest.NewRow(a.name, beside), loadtest.NewRow("the neighbour", other)}
	answered(t, alone)
	assert.Zero(t, loadtest.With(beside, http.StatusTooManyRequests), "its limit is its own: %v", beside.StatusCodes)
	assert.NotZero(t, loadtest.With(other, http.StatusTooManyRequests), "%v", other.StatusCodes)
	passesAtMost(t, other, tier)
}

// passesAtMost tells that no more passed than the tier allows in the seconds in which requests were under way, and gives how many that are.
func passesAtMost(t *testing.T, m *vegeta.Metrics, tier tiers.Tier) (most int) {
	t.Helper()
	windows := int(m.End.Truncate(time.Second).Sub(m.Earliest.Truncate(time.Second))/time.Second) + 1
	most = windows * tier.Limits.RequestsPerSecond
	assert.LessOrEqual(t, loadtest.With(m, http.StatusOK), most, "%v in %d seconds", m.StatusCodes, windows)
	return most
}

// limits sends ten times what a tier may in a second, by all proxies, and counts what passes.
func limits(t *testing.T, b *bench) {
	for _, tenant := range slices.Sorted(maps.Keys(paced)) {
		tier, err := tiers.Find(paced[tenant])
		require.NoError(t, err)
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // windows begin with the second
		got := b.attack(t, attack{
			name: tier.Name + ", ten times its limit", tenants: []string{tenant}, users: 20, rate: 10 * tier.Limits.RequestsPerSecond, speaks: http1,
			lasts: b.limitWindow - 100*time.Millisecond,
		})
		assert.NotZero(t, loadtest.With(got, http.StatusTooManyRequests), "%v", got.StatusCodes)
		b.found.Second = append(b.found.Second, loadtest.Limit{
			Tier: tier.Name, Proxies: len(b.pods(t, proxy)), Sent: got.Requests, Expected: passesAtMost(t, got, tier), Passed: loadtest.With(got, http.StatusOK),
		})
	}
}

// soaked is a long load: what its memory is after a tenth of it, and at its end.
func soaked(t *testing.T, b *bench) {
	if *soak == 0 {
		t.Skip("how memory grows shows only after a while: -soak")
	}
	a := attack{name: "soak", tenants: slices.Sorted(maps.Keys(crowd)), users: 50, lasts: *soak / 10}
	b.attack(t, a)
	early := b.memory(t)
	a.lasts = *soak - a.lasts
	got := b.attack(t, a)
	b.found.Soak = &loadtest.Soak{Row: loadtest.NewRow(a.name, got), Memory: b.later(t, early)}
	answered(t, got)
}

func (b *bench) write(t *testing.T) {
	t.Helper()
	r := &b.found
	r.On, r.Processors, r.Window, r.LimitWindow, r.LoadEnd = time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), b.window, b.limitWindow, loadAverage(t)
	text, err := json.MarshalIndent(r, "", "\t")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(loadNumbers, append(text, '\n'), 0o644))
	require.NoError(t, os.WriteFile(loadReport, []byte(r.Markdown()), 0o644))
	require.NoError(t, b.pages.Close("The edge under load, on nodes", r.Markdown(), text))
	t.Logf("pages with plots: %s/index.html", loadPages)
}
