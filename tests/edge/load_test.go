package edge_test

import (
	"cmp"
	"flag"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/genericcorp/platform/internal/edge/envoyconfig"
	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/internal/tiers"
	gateapi "github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/provisioner/api"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/loadtest"
	"github.com/genericcorp/platform/tests/testcloud"
)

var (
	measure = flag.Duration("measure", 0, "load the edge for so long in each part of TestLoad, and write docs/load.md and the pages with plots")
	soak    = flag.Duration("soak", 0, "load the edge for so long once more, and see that its memory does not grow")
)

// glance is how long each part loads the edge when nothing is measured.
const glance = 3 * time.Second

// The load's tenants, all of the largest tier, and the addresses that the load comes from: each has a limit of its own.
var (
	crowd     = []string{"ann", "bob", "cid", "dan"}
	addresses = []string{"127.0.0.2", "127.0.0.3", "127.0.0.4"}
)

// bench is the edge under load, and what was seen.
type bench struct {
	*world

	whole  *testing.T // of which the parts are
	window time.Duration
	found  report
	limits *readinesstest.Proof
	beyond int // requests that passed beyond a limit

	mu     sync.Mutex
	served map[string]int // by tenant, as the clients counted
}

// The edge bears load, keeps every tenant to its numbers, and counts each request that it serves, once. Without -measure it proves that
// in seconds; times are told, and never asserted.
func TestLoad(t *testing.T) {
	enough, limits := readinesstest.Prove(t, "users", "loopback"), readinesstest.Prove(t, "limits", "loopback")
	b := &bench{world: start(t), whole: t, window: max(*measure, glance), limits: limits, served: map[string]int{}}
	b.found.pages.Folder = filepath.Join(testcloud.Repository(t), loadPages)
	for _, tenant := range crowd {
		b.begin(t, tenant, "enterprise")
	}
	machine, err := procfs.NewDefaultFS()
	require.NoError(t, err)
	load, err := machine.LoadAvg()
	require.NoError(t, err)
	b.found.Load = load.Load1
	for _, part := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"users", users}, {"overhead", overhead}, {"cost", cost}, {"neighbour", neighbour}, {"per second", enforcedSecond}, {"per day", enforcedDay}, {"soak", soaked}, {"counted", counted},
	} {
		if part.name == "soak" && *soak == 0 {
			continue // how memory grows shows only after a while
		}
		t.Run(part.name, func(t *testing.T) { part.run(t, b) })
	}
	b.found.prove(enough, limits, b.beyond)
	if *measure > 0 && !t.Failed() {
		b.found.write(t, *measure)
	}
}

// begin makes a tenant that is let in.
func (b *bench) begin(t *testing.T, tenant, tier string) {
	t.Helper()
	b.tenant(t, tenant, tier, api.StateActive)
	await(t, func() bool {
		got := b.once(t, b.notes(tenant))
		b.mu.Lock()
		defer b.mu.Unlock()
		if loadtest.Served(got.status, []byte(got.body)) {
			b.served[tenant]++
		}
		return got.status == http.StatusOK
	}, "%s is let in", tenant)
}

// attack is load (loadtest.Attack), from addresses of this machine.
type attack struct {
	name    string
	tenants []string // in turns
	rate    int      // requests a second, of all tenants
	from    []string // addresses, in turns; none is one of them
	ports   []int    // of the proxies, in turns; none is the only one
	direct  int      // the port of the application or of a way to it that adds no identity: the load brings one, as gate makes it
	once    bool     // a new connection for each request
	lasts   time.Duration
}

// run attacks for the window and counts what was served.
func (b *bench) run(t *testing.T, a attack) *vegeta.Metrics {
	t.Helper()
	from, ports := a.from, a.ports
	if len(from) == 0 {
		from = addresses[:1]
	}
	if len(ports) == 0 {
		ports = []int{b.public}
	}
	load := loadtest.Attack{Name: a.name, Rate: a.rate, Lasts: cmp.Or(a.lasts, b.window), Seen: func(result *vegeta.Result) { b.add(result, a.direct == 0) }}
	for _, address := range from {
		load.Senders = append(load.Senders, loadtest.Sender{
			Attacker: vegeta.NewAttacker(vegeta.LocalAddr(net.IPAddr{IP: net.ParseIP(address)}), vegeta.KeepAlive(!a.once), vegeta.HTTP2(false),
				vegeta.Timeout(forever), vegeta.Redirects(vegeta.NoFollow), vegeta.MaxWorkers(1000)),
			Target: b.target(t, a, ports),
		})
	}
	all, drawn, err := load.Run()
	require.NoError(t, err)
	if *measure > 0 {
		b.mu.Lock()
		defer b.mu.Unlock()
		require.NoError(t, b.found.pages.Draw(a.name, drawn))
	}
	return all
}

// add counts what came of one request.
func (b *bench) add(result *vegeta.Result, counted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if counted && loadtest.Served(int(result.Code), result.Body) {
		_, tenant, _ := strings.Cut(result.URL, "#")
		b.served[tenant]++
	}
}

// target is what the next request asks for. The fragment of its address, which is sent to nobody, says whose it is.
func (b *bench) target(t *testing.T, a attack, ports []int) vegeta.Targeter {
	t.Helper()
	tokens := b.tokens(t, a.tenants)
	var number atomic.Int64
	return func(next *vegeta.Target) error {
		n := int(number.Add(1))
		tenant := a.tenants[n%len(a.tenants)]
		next.Method, next.Header = http.MethodGet, http.Header{}
		port := ports[n%len(ports)]
		if a.direct != 0 {
			port = a.direct
			next.Header.Set(identity.Header, tokens(tenant))
		} else {
			next.Header.Set("Host", b.host(tenant))
		}
		next.URL = "http://" + address(port) + sampleapi.PathNotes + "#" + tenant
		return nil
	}
}

// tokens are the identities that gate would make. They are made anew before they end, in no request's time.
func (b *bench) tokens(t *testing.T, tenants []string) func(string) string {
	t.Helper()
	signer, err := identity.NewSigner(b.file("gate/"+gateapi.SigningKeysFile), domain)
	require.NoError(t, err)
	var made sync.Map
	renew := func() {
		for _, tenant := range tenants {
			token, err := signer.Sign(identity.Identity{Tenant: tenant, Tier: "enterprise"}, time.Now())
			assert.NoError(t, err)
			made.Store(tenant, token)
		}
	}
	renew()
	ticker := time.NewTicker(identity.Lifetime / 3)
	t.Cleanup(ticker.Stop)
	go func() {
		for {
			select {
			case <-ticker.C:
				renew()
			case <-t.Context().Done():
				return
			}
		}
	}()
	return func(tenant string) string {
		token, _ := made.Load(tenant)
		text, _ := token.(string)
		return text
	}
}

// users are people of whom each asks once a second.
func users(t *testing.T, b *bench) {
	for _, a := range []attack{
		{name: "10 users", rate: 10}, {name: "50 users", rate: 50}, {name: "200 users", rate: 200},
		{name: "50 users, each request with a new connection", rate: 50, once: true},
	} {
		a.tenants = crowd
		got := b.run(t, a)
		b.found.Users = append(b.found.Users, newRow(a.name, got))
		answered(t, got)
	}
}

// answered tells that every request was served, or closed out where a part did not answer in time, as happens on a busy machine.
func answered(t *testing.T, m *vegeta.Metrics) {
	t.Helper()
	assert.NotZero(t, loadtest.With(m, http.StatusOK))
	assert.Equal(t, int(m.Requests), loadtest.With(m, http.StatusOK)+loadtest.With(m, http.StatusServiceUnavailable), "%v %v", m.StatusCodes, m.Errors)
}

// overhead is what the edge adds: the same load at the same time with it, without, and through a proxy that only passes on, which tells what
// any proxy costs on the machine.
func overhead(t *testing.T, b *bench) {
	const rate = 50
	attacks := []attack{
		{name: "without the edge", direct: b.ports.application},
		{name: "a proxy that only passes on", direct: b.plainProxy(t, "plain", map[string]any{"route": map[string]any{"cluster": "application"}})},
		{name: "with the edge"},
	}
	found := make([]*vegeta.Metrics, len(attacks))
	var all sync.WaitGroup
	for i, a := range attacks {
		a.tenants, a.rate = crowd, rate
		all.Go(func() { found[i] = b.run(t, a) })
	}
	all.Wait()
	for i, a := range attacks {
		b.found.Overhead = append(b.found.Overhead, newRow(a.name, found[i]))
		answered(t, found[i])
	}
}

// plainProxy starts the same program as the edge's proxy, with nothing in it but what it does with every request: a way to the application,
// or an answer. It gives its port.
func (b *bench) plainProxy(t *testing.T, name string, does map[string]any) int {
	t.Helper()
	does["match"] = map[string]any{"prefix": "/"}
	public := freePorts(t, 1)[0]
	at := func(port int) map[string]any {
		return map[string]any{"socket_address": map[string]any{"address": "127.0.0.1", "port_value": port}}
	}
	typed := func(name, kind string, content map[string]any) map[string]any {
		content["@type"] = "type.googleapis.com/envoy.extensions.filters." + kind
		return map[string]any{"name": name, "typed_config": content}
	}
	application := map[string]any{"lb_endpoints": []any{map[string]any{"endpoint": map[string]any{"address": at(b.ports.application)}}}}
	b.write(t, name+".json", map[string]any{"static_resources": map[string]any{
		"listeners": []any{map[string]any{"address": at(public), "filter_chains": []any{map[string]any{"filters": []any{
			typed("http", "network.http_connection_manager.v3.HttpConnectionManager", map[string]any{
				"stat_prefix":  "plain",
				"http_filters": []any{typed("router", "http.router.v3.Router", map[string]any{})},
				"route_config": map[string]any{"virtual_hosts": []any{map[string]any{"name": "all", "domains": []string{"*"}, "routes": []any{does}}}},
			}),
		}}}}},
		"clusters": []any{map[string]any{"name": "application", "load_assignment": map[string]any{"cluster_name": "application", "endpoints": []any{application}}}},
	}})
	p := b.proxyOf(name)
	p.start(t)
	t.Cleanup(func() { p.stop(t, syscall.SIGTERM) })
	await(t, func() bool { return listens(public) }, "%s listens", p.name)
	return public
}

// cost is what a request takes of a processor in each of the edge's programs, beyond what they take when nobody asks for anything.
func cost(t *testing.T, b *bench) {
	const rate = 200
	edge := []*process{b.proxy, b.gate, b.counting, b.cache}
	idle := use(t, edge, func() { time.Sleep(b.window) })
	var load *vegeta.Metrics
	busy := use(t, edge, func() { load = b.run(t, attack{name: "cost", tenants: crowd, rate: rate}) })
	for i, p := range edge {
		b.found.Cost = append(b.found.Cost, share{Program: p.name, Request: (busy[i] - idle[i]) / rate, Idle: idle[i]})
	}
	answered(t, load)
}

// use is what each program uses of a processor while something is done, in milliseconds a second.
func use(t *testing.T, programs []*process, do func()) []float64 {
	t.Helper()
	used := func(p *process) float64 { return 1000 * p.stat(t).CPUTime() }
	spent := make([]float64, len(programs))
	for i, p := range programs {
		spent[i] = -used(p)
	}
	began := time.Now()
	do()
	for i, p := range programs {
		spent[i] = (spent[i] + used(p)) / time.Since(began).Seconds()
	}
	return spent
}

// stat is what the system knows of a program.
func (p *process) stat(t *testing.T) procfs.ProcStat {
	t.Helper()
	proc, err := procfs.NewProc(p.running.Process.Pid)
	require.NoError(t, err)
	stat, err := proc.Stat()
	require.NoError(t, err)
	return stat
}

// neighbour tells what a tenant feels of another that sends a hundred times what it may, from an address of its own.
func neighbour(t *testing.T, b *bench) {
	b.begin(t, "loud", "free")
	tier, err := tiers.Find("free")
	require.NoError(t, err)
	victim := attack{name: "calm", tenants: crowd[:1], rate: 20}
	calm := b.run(t, victim)
	flood := attack{tenants: []string{"loud"}, rate: 100 * tier.Limits.RequestsPerSecond, from: addresses[1:]}
	both := func(flood, victim attack) (loud, beside *vegeta.Metrics) {
		var all sync.WaitGroup
		all.Go(func() { beside = b.run(t, victim) })
		all.Go(func() { loud = b.run(t, flood) })
		all.Wait()
		return loud, beside
	}
	flood.name, victim.name = "a proxy that refuses everything", "beside as much load on a proxy that refuses everything"
	flood.direct = b.plainProxy(t, "refusing", map[string]any{"direct_response": map[string]any{"status": http.StatusTooManyRequests}})
	_, elsewhere := both(flood, victim)
	b.found.Neighbour = []row{newRow("calm", calm), newRow(victim.name, elsewhere)}
	flood.name, victim.name, flood.direct = "the neighbour", "beside a neighbour at 100 times its limit", 0
	var loud, beside *vegeta.Metrics
	b.found.Busy = busy(t, func() { loud, beside = both(flood, victim) })
	b.found.Neighbour = append(b.found.Neighbour, newRow(victim.name, beside), newRow("the neighbour", loud))
	assert.Zero(t, loadtest.With(beside, http.StatusTooManyRequests), "its limit is its own: %v", beside.StatusCodes)
	assert.NotZero(t, loadtest.With(loud, http.StatusTooManyRequests), "%v", loud.StatusCodes)
}

// busy is the share of the machine's processors' time that is used while something is done, by whatever runs on it.
func busy(t *testing.T, do func()) float64 {
	t.Helper()
	machine, err := procfs.NewDefaultFS()
	require.NoError(t, err)
	times := func() (idle, all float64) {
		stat, err := machine.Stat()
		require.NoError(t, err)
		c := stat.CPUTotal
		idle = c.Idle + c.Iowait
		return idle, idle + c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ + c.Steal
	}
	idle, all := times()
	do()
	idleAfter, allAfter := times()
	return 1 - (idleAfter-idle)/(allAfter-all)
}

// enforcedSecond sends ten times what a tier may in a second, for one proxy and for three, and counts what passes.
func enforcedSecond(t *testing.T, b *bench) {
	most := 200 // beside other tests
	if *measure > 0 {
		most = envoyconfig.AddressPerSecond * len(addresses)
	}
	one, three := []int{b.public}, append(b.moreProxies(t, 2), b.public)
	for _, tier := range tiers.All() {
		if 10*tier.Limits.RequestsPerSecond > most {
			t.Logf("%s is left out: ten times its limit is above %d a second", tier.Name, most)
			continue
		}
		for _, ports := range [][]int{one, three} {
			tenant := fmt.Sprintf("%s%d", tier.Name, len(ports))
			b.begin(t, tenant, tier.Name)
			window := b.window
			if *measure > 0 {
				window = max(window, time.Minute)
			}
			seconds := int(window / time.Second)
			time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // windows begin with the second
			got := b.run(t, attack{
				name: fmt.Sprintf("%s, proxies: %d", tier.Name, len(ports)), tenants: []string{tenant}, rate: 10 * tier.Limits.RequestsPerSecond,
				from: addresses, ports: ports, lasts: window - 100*time.Millisecond,
			})
			b.found.Second = append(b.found.Second, loadtest.Limit{Tier: tier.Name, Proxies: len(ports), Sent: got.Requests, Expected: seconds * tier.Limits.RequestsPerSecond, Passed: loadtest.With(got, http.StatusOK)})
			windows := int(got.End.Truncate(time.Second).Sub(got.Earliest.Truncate(time.Second))/time.Second) + 1
			b.most(t, got, windows*tier.Limits.RequestsPerSecond, "in %d seconds", windows)
		}
	}
}

// enforcedDay sends ten times what is left of a tenant's day.
func enforcedDay(t *testing.T, b *bench) {
	awayFromMidnight()
	const tenant, name = "daily", "pro"
	b.begin(t, tenant, name)
	tier, err := tiers.Find(name)
	require.NoError(t, err)
	for _, ports := range [][]int{{b.public}, append(b.moreProxies(t, 2), b.public)} {
		rate := tier.Limits.RequestsPerSecond / 2
		left := rate * int(b.window/time.Second) / 10
		require.NoError(t, b.inCache(t).SetArgs(t.Context(), b.dayKey(t, tenant), tier.Limits.RequestsPerDay-left, redisKeepTTL).Err())
		got := b.run(t, attack{name: fmt.Sprintf("a day's end, proxies: %d", len(ports)), tenants: []string{tenant}, rate: rate, ports: ports})
		b.found.Day = append(b.found.Day, loadtest.Limit{Tier: tier.Name, Proxies: len(ports), Sent: got.Requests, Expected: left, Passed: loadtest.With(got, http.StatusOK)})
		b.most(t, got, left, "in the rest of a day")
	}
}

// most tells that no more was served than may be.
func (b *bench) most(t *testing.T, m *vegeta.Metrics, may int, when string, args ...any) {
	t.Helper()
	passed := loadtest.With(m, http.StatusOK)
	b.beyond += max(0, passed-may)
	assert.LessOrEqual(t, passed, may, "%v %s", m.StatusCodes, fmt.Sprintf(when, args...))
}

// moreProxies starts proxies beside the first, until the end of the whole test: one that ends at once takes with it what it has not told
// gate yet, and on a busy machine the last of a part's requests would be missing in what is counted.
func (b *bench) moreProxies(t *testing.T, n int) (ports []int) {
	t.Helper()
	for i := range n {
		free := freePorts(t, 3)
		at := b.ports
		at.public, at.health, at.admin = free[0], free[1], free[2]
		p := b.newProxy(t, fmt.Sprintf("proxy-%d", i+2), at)
		p.start(t)
		b.whole.Cleanup(func() { p.stop(b.whole, syscall.SIGTERM) })
		await(t, func() bool { return listens(at.public) }, "%s listens", p.name)
		ports = append(ports, at.public)
	}
	return ports
}

// soaked is a long load, after which no program may have grown.
func soaked(t *testing.T, b *bench) {
	programs := []*process{b.proxy, b.gate, b.counting, b.cache, b.application}
	load := attack{name: "soak", tenants: crowd, rate: 50, lasts: *soak / 10}
	b.run(t, load)
	first := make([]int, len(programs))
	for i, p := range programs {
		first[i] = p.stat(t).ResidentMemory()
	}
	load.lasts = *soak - load.lasts
	got := b.run(t, load)
	b.found.Soak = &loadtest.Soak{Row: newRow("soak", got)}
	for i, p := range programs {
		b.found.Soak.Memory = append(b.found.Soak.Memory, loadtest.Memory{
			Program: p.name, Early: loadtest.Mebibytes(first[i]), Late: loadtest.Mebibytes(p.stat(t).ResidentMemory()),
		})
	}
}

// counted tells that gate has counted for each tenant exactly the requests that its clients saw served.
func counted(t *testing.T, b *bench) {
	for tenant, served := range b.served {
		await(t, func() bool { return b.used(t, "served", tenant) >= served }, "%s: %d requests counted", tenant, served)
	}
	time.Sleep(time.Second) // what is counted twice would come now
	wrong := 0
	defer func() { b.limits.Count("counted wrongly", wrong) }()
	for tenant, served := range b.served {
		used := b.used(t, "served", tenant)
		wrong += max(served-used, used-served)
		assert.Equal(t, served, used, tenant)
		b.found.Counted += served
	}
}
