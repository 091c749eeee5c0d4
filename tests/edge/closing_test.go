package edge_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
)

var closing = flag.Bool("closing", false, "measure how long the doors stay open for tenants that cost too much (6 minutes)")

const (
	crowded    = 200              // tenants
	overrun    = 50               // of them
	within     = 4 * time.Minute  // at random moments of that
	calmly     = 20 * time.Second // between two requests of each
	sweepEvery = time.Minute      // as the schedule calls the provisioner
	lookAgain  = 8                // as it does
	glimpse    = 300 * time.Millisecond
)

// closed is when a tenant's doors closed after the request that passed its allowance was served.
type closed struct{ edge, database time.Duration }

// TestClosing measures from overrun to closed door. The prices are such that one list of notes, of a MB, costs one and a half times what the
// tier allows. Times are told, and never asserted. The sweep's program is started each minute, as a Lambda function that is cold.
func TestClosing(t *testing.T) {
	if !*closing {
		t.Skip("it measures for minutes: -closing")
	}
	w := start(t)
	tenants := w.costly(t)
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for i, tenant := range tenants {
		load.Go(func() { w.calm(ctx, tenant, calmly*time.Duration(i)/time.Duration(len(tenants))) })
	}
	var all sync.WaitGroup
	found := make([]closed, overrun)
	for i := range found {
		all.Go(func() { found[i] = w.overrun(t, tenants[i], rand.N(within)) })
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	w.sweeps(t, ended)
	stop()
	load.Wait()
	for _, door := range []struct {
		name string
		of   func(closed) time.Duration
	}{{"edge", func(c closed) time.Duration { return c.edge }}, {"database", func(c closed) time.Duration { return c.database }}} {
		times := make([]time.Duration, 0, len(found))
		for _, c := range found {
			times = append(times, door.of(c))
		}
		slices.Sort(times)
		t.Logf("%s: p50 %.1f s, p95 %.1f s, max %.1f s", door.name, times[len(times)/2].Seconds(), times[len(times)*95/100].Seconds(), times[len(times)-1].Seconds())
	}
}

// costly makes the tenants, with notes where the list is to cost too much, and publishes the prices.
func (w *world) costly(t *testing.T) []string {
	t.Helper()
	tenants := make([]string, 0, crowded)
	for i := range crowded {
		tenants = append(tenants, fmt.Sprintf("tenant-%d", i))
		w.tenant(t, tenants[i], "free", api.StateActive)
	}
	super := w.server.Connect(t, w.server.Superuser, w.server.SuperuserPassword)
	for _, tenant := range tenants[:overrun] {
		w.eventually(t, tenant, http.StatusOK) // the application has made its table
		_, err := super.Exec(t.Context(), "INSERT INTO "+pgx.Identifier{slug.Schema(tenant), "note"}.Sanitize()+
			" (key, text) SELECT n, repeat('x', $1) FROM generate_series(1, $2) n", sampleapi.MaxText, sampleapi.MaxListed)
		require.NoError(t, err)
	}
	price := decimal.NewFromInt(1500) // of a GB
	w.provision(t, api.Request{Action: api.ActionPublishPrices, Prices: &pricesheet.Sheet{Environment: environment, Computed: time.Now().Add(-time.Minute), InternetGB: price}})
	return tenants
}

// calm asks for nothing that there is, again and again.
func (w *world) calm(ctx context.Context, tenant string, first time.Duration) {
	for wait := first; ; wait = calmly {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		_, _ = w.ask(ctx, tenant, http.MethodGet, "/nothing")
	}
}

// overrun passes the tenant's allowance after a while, and waits for its doors.
func (w *world) overrun(t *testing.T, tenant string, after time.Duration) (c closed) {
	time.Sleep(after)
	for {
		got, err := w.ask(t.Context(), tenant, http.MethodGet, sampleapi.PathNotes)
		if err == nil && got.status == http.StatusOK && len(got.body) > 1_000_000 {
			break
		}
		time.Sleep(glimpse) // a part of the edge did not answer in time, on a busy machine
	}
	passed := time.Now()
	var doors sync.WaitGroup
	doors.Go(func() { c.edge = w.edgeCloses(t, tenant, passed) })
	doors.Go(func() { c.database = w.databaseCloses(t, tenant, passed) })
	doors.Wait()
	return c
}

// edgeCloses waits until the tenant's requests that write are refused for what it costs.
func (w *world) edgeCloses(t *testing.T, tenant string, since time.Time) time.Duration {
	for deadline := since.Add(forever); time.Now().Before(deadline); time.Sleep(glimpse) {
		got, err := w.ask(t.Context(), tenant, http.MethodPost, "/nothing")
		if err == nil && (got.status == http.StatusPaymentRequired || got.status == http.StatusForbidden) {
			return time.Since(since)
		}
	}
	assert.Fail(t, "the edge does not close", tenant)
	return forever
}

// databaseCloses waits until the tenant's role has lost what its owner may.
func (w *world) databaseCloses(t *testing.T, tenant string, since time.Time) time.Duration {
	connection, err := pgx.Connect(t.Context(), w.server.URL(w.server.Admin, w.server.AdminPassword, w.server.Database))
	if !assert.NoError(t, err) {
		return forever
	}
	defer connection.Close(context.WithoutCancel(t.Context()))
	for deadline := since.Add(forever); time.Now().Before(deadline); time.Sleep(glimpse) {
		var open bool
		err := connection.QueryRow(t.Context(), "SELECT rolcanlogin AND pg_has_role(oid, $2, 'MEMBER') FROM pg_roles WHERE rolname = $1", slug.Role(tenant), slug.OwnerRole(tenant)).Scan(&open)
		if !assert.NoError(t, err) {
			return forever
		}
		if !open {
			return time.Since(since)
		}
	}
	assert.Fail(t, "the database does not close", tenant)
	return forever
}

func (w *world) ask(ctx context.Context, tenant, method, path string) (response, error) {
	sent, err := http.NewRequestWithContext(ctx, method, "http://"+address(w.public)+path, strings.NewReader(""))
	if err != nil {
		return response{}, err
	}
	sent.Host = w.host(tenant)
	return receive(client, sent)
}

// sweeps calls the provisioner each minute until the end. A call may last longer than that.
func (w *world) sweeps(t *testing.T, ended <-chan struct{}) {
	t.Helper()
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		began := time.Now()
		swept := w.provision(t, api.Request{Action: api.ActionSweep, LookAgainSeconds: lookAgain})
		t.Logf("a sweep of %.1f s, of which it waited %d: %d acts", time.Since(began).Seconds(), lookAgain, len(swept.Problems))
		select {
		case <-ended:
			return
		case <-ticker.C:
		}
	}
}
