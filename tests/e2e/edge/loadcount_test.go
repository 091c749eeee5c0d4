package edge

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/loadtest"
)

// handedOver is twice as long as a gate keeps counts, and some more: then the ledger has all of them, and what it has twice.
const handedOver = 25 * time.Second

// ledger is what the ledger has, by tenant. Nothing was left out of it.
func (e environment) ledger(t *testing.T) map[string]loadtest.Entry {
	t.Helper()
	connection, err := pgx.ConnectConfig(t.Context(), observe.Administrator(t, e.Cloud))
	require.NoError(t, err)
	defer func() { _ = connection.Close(t.Context()) }()
	var dropped int
	require.NoError(t, connection.QueryRow(t.Context(), "SELECT coalesce(sum(dropped), 0) FROM platform.usage_source").Scan(&dropped))
	require.Zero(t, dropped)
	rows, err := connection.Query(t.Context(), "SELECT tenant, sum(served)::bigint, sum(refused)::bigint, sum(admitted)::bigint FROM platform.usage GROUP BY tenant")
	require.NoError(t, err)
	all := map[string]loadtest.Entry{}
	var tenant string
	var entry loadtest.Entry
	_, err = pgx.ForEachRow(rows, []any{&tenant, &entry.Served, &entry.Refused, &entry.Admitted}, func() error { all[tenant] = entry; return nil })
	require.NoError(t, err)
	return all
}

// since is what the ledger has more than before.
func (b *bench) since(t *testing.T, before map[string]loadtest.Entry) map[string]loadtest.Entry {
	t.Helper()
	all := b.ledger(t)
	for tenant, entry := range all {
		all[tenant] = entry.Since(before[tenant])
	}
	return all
}

// told is what the operator's command tells of the ledger, by tenant. Tenants may have used something yesterday, if midnight has passed.
func (b *bench) told(t *testing.T, from time.Time) map[string]loadtest.Entry {
	t.Helper()
	all := map[string]loadtest.Entry{}
	for day := from.UTC().Truncate(24 * time.Hour); !day.After(time.Now()); day = day.AddDate(0, 0, 1) {
		var used struct{ Rows []api.Usage }
		b.Platform(t, &used, "tenant", "usage", "--day", day.Format(time.DateOnly))
		for _, row := range used.Rows {
			have := all[row.Tenant]
			all[row.Tenant] = loadtest.Entry{Served: have.Served + int(row.Served), Refused: have.Refused + int(row.Refused), Admitted: have.Admitted + int(row.Admitted)}
		}
	}
	return all
}

// allCounted tells that the ledger has exactly the requests that clients have sent, by tenant, and that the operator's command tells of them.
func allCounted(t *testing.T, b *bench) {
	time.Sleep(handedOver)
	have := b.since(t, b.before)
	for tenant, counted := range b.clients {
		t.Logf("%s: clients %+v, ledger %+v", tenant, *counted, have[tenant])
	}
	t.Logf("nobody's: %+v", have[""])
	assert.Empty(t, loadtest.Differences(b.clients, have))
	ledger, told := b.ledger(t), b.told(t, b.began)
	for tenant := range b.clients {
		assert.Equal(t, ledger[tenant], told[tenant], "what the operator's command tells of %s", tenant)
	}
	b.found.Clients = loadtest.Sum(b.clients)
	b.found.Memory = b.later(t, b.found.Memory)
}

// leasesBack tells that no request counts as under way, once a part of the load is over. A lease is over a minute later whose end the proxy tells
// before gate, which was too slow, has taken it, or never; untold is how many a proxy that was killed may not have told.
func (b *bench) leasesBack(t *testing.T, untold int) {
	t.Helper()
	cache := b.cache(t, b.cacheLogin(t))
	left := func() (all int) {
		for tenant := range b.clients {
			n, err := cache.ZCard(t.Context(), "edge_under_way_"+tenant).Result()
			require.NoError(t, err)
			all += int(n)
		}
		return all
	}
	late := left()
	const soon = 15 * time.Second // a quarter of how long a lease lasts
	for began := time.Now(); late > 0 && time.Since(began) < soon; late = left() {
		time.Sleep(time.Second)
	}
	unclear := loadtest.Sum(b.clients).Unclear
	assert.LessOrEqual(t, late, unclear-b.unclear+untold, "leases that were not given back")
	b.unclear = unclear
	if late > 0 {
		b.found.Late += late
		eventually(t, "leases whose end nobody told are over", func() bool { return left() == 0 })
	}
}

const (
	killedRate = 50
	// untold is how many requests a proxy that is killed may not have told gate of: of a tenth of a second, and as many more.
	untold = killedRate / 5
)

// proxyKilled kills a proxy in the midst of requests. What clients saw served the limits have counted, and the ledger has at most what was
// served. It may lack what the proxy had not told gate yet, of a tenth of a second.
func proxyKilled(t *testing.T, b *bench) {
	b.targetsFollow(t)
	before, clients, day := b.ledger(t), *b.clients[calm], b.counted(t, calm)
	var got *vegeta.Metrics
	var load sync.WaitGroup
	load.Go(func() {
		got = b.attack(t, attack{name: "a proxy is killed", tenants: []string{calm}, users: killedRate, speaks: http1, once: true, lasts: max(b.window, 20*time.Second)})
	})
	time.Sleep(5 * time.Second)
	b.kubectl(t, "delete", "pod", b.pods(t, proxy)[0], "--namespace", system, "--grace-period", "0", "--force")
	load.Wait()
	time.Sleep(handedOver)
	k := loadtest.Killed{
		Row: loadtest.NewRow("a proxy is killed", got), Clients: b.clients[calm].Since(clients), Ledger: b.since(t, before)[calm], Cache: b.counted(t, calm) - day,
	}
	t.Logf("%+v, %q", k, got.Errors)
	assert.NotZero(t, loadtest.With(got, http.StatusOK))
	assert.LessOrEqual(t, k.Clients.Served, k.Cache, "a request that was served has been counted for the day")
	assert.LessOrEqual(t, k.Ledger.Served, k.Clients.Served+k.Clients.Unanswered, "none is there twice")
	assert.LessOrEqual(t, k.Clients.Served-k.Ledger.Served, untold, "the ledger lacks no more than what the proxy had just served")
	b.found.Killed = k
	b.rollout(t, proxy)
}

// memory is that of the edge's pods and the application's: the mean of each part's.
func (b *bench) memory(t *testing.T) (list []loadtest.Memory) {
	t.Helper()
	for _, part := range []struct{ namespace, name string }{{system, proxy}, {system, gate}, {system, counting}, {tenants, "api"}} {
		var pods struct {
			Items []struct {
				Containers []struct{ Usage map[string]string }
			}
		}
		text := b.kubectl(t, "get", "--raw", "/apis/metrics.k8s.io/v1beta1/namespaces/"+part.namespace+"/pods?labelSelector=app.kubernetes.io%2Fname%3D"+part.name)
		require.NoError(t, json.NewDecoder(strings.NewReader(text)).Decode(&pods))
		require.NotEmpty(t, pods.Items, part.name)
		bytes := 0
		for _, pod := range pods.Items {
			for _, container := range pod.Containers {
				amount, err := resource.ParseQuantity(container.Usage["memory"])
				require.NoError(t, err)
				bytes += int(amount.Value())
			}
		}
		list = append(list, loadtest.Memory{Program: part.name, Early: loadtest.Mebibytes(bytes / len(pods.Items))})
	}
	return list
}

// later adds what memory is now.
func (b *bench) later(t *testing.T, early []loadtest.Memory) []loadtest.Memory {
	t.Helper()
	now := b.memory(t)
	for i := range now {
		now[i].Early, now[i].Late = early[i].Early, now[i].Early
	}
	return now
}
