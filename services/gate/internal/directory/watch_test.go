package directory_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/services/gate/internal/directory"
	"github.com/genericcorp/platform/services/gate/internal/gatetest"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const forever = 5 * time.Minute // a machine that hangs

// fixture is a directory over a real server that has the view of the provisioner's, without what stands behind it.
type fixture struct {
	*gatetest.Database
	*directory.Directory
	ahead atomic.Int64 // by how much the directory's clock is ahead
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Database: gatetest.NewDatabase(t)}
	f.Exec(t, fmt.Sprintf(`CREATE TABLE %[1]s.%[2]s (slug text, tier text, state text);
		CREATE TABLE %[1]s.%[3]s (slug text, admitted bigint, ends timestamptz);
		GRANT SELECT ON %[1]s.%[2]s, %[1]s.%[3]s TO %[4]s`, api.EdgeSchema, api.EdgeView, api.EdgeToday, api.EdgeRole))
	f.Directory = f.watch(t, func() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) })
	return f
}

// watch keeps a directory that has a clock of its own.
func (f *fixture) watch(t *testing.T, now func() time.Time) *directory.Directory {
	t.Helper()
	known := &directory.Directory{Now: now}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	watch := &directory.Watch{Directory: known, Database: f.Database.Database}
	go func() { defer close(done); watch.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return known
}

func (f *fixture) state(t *testing.T, slug string, want directory.State) {
	t.Helper()
	assert.Eventually(t, func() bool { found, _, err := f.Find(slug); return err == nil && found.State == want }, forever, 10*time.Millisecond, "%s %s", slug, want)
}

// A change is known soon with a notification and without one, and a session that ends, or a password that was rotated, needs no
// restart.
func TestWatch(t *testing.T) {
	t.Parallel()
	f := start(t)
	require.Eventually(t, func() bool { return f.Fresh() == nil }, forever, 10*time.Millisecond)
	f.Exec(t, "INSERT INTO platform_edge.tenant VALUES ('acme', 'free', 'active')")
	f.state(t, "acme", directory.Active) // by polling
	f.Exec(t, "UPDATE platform_edge.tenant SET state = 'limited'; NOTIFY platform_edge_tenant")
	f.state(t, "acme", directory.Limited)

	f.Rotate(t, "two")
	f.Exec(t, "UPDATE platform_edge.tenant SET state = 'suspended'")
	f.state(t, "acme", directory.Suspended)
}

// What the ledger has of a tenant's day is known with the tenant, also where nothing notifies of it.
func TestWatchKnowsTheDay(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Exec(t, `INSERT INTO platform_edge.tenant VALUES ('acme', 'free', 'active'), ('beta', 'free', 'active');
		INSERT INTO platform_edge.used_today VALUES ('acme', 7, now() + interval '1 hour')`)
	admitted := func(want int64) {
		t.Helper()
		require.Eventually(t, func() bool {
			found, _, err := f.Find("acme")
			return err == nil && found.Today.Admitted == want
		}, forever, 10*time.Millisecond)
	}
	admitted(7)
	other, found, err := f.Find("beta")
	require.NoError(t, err)
	require.True(t, found)
	assert.Zero(t, other.Today)
	f.Exec(t, "UPDATE platform_edge.used_today SET admitted = 8")
	admitted(8)
	f.Exec(t, "DELETE FROM platform_edge.used_today")
	admitted(0)
}

// The day ends when the database says so, for gates whose clocks are a minute ahead or behind as well.
func TestWatchEndsTheDayWithTheDatabase(t *testing.T) {
	t.Parallel()
	f := start(t)
	began := time.Now()
	var ends time.Time
	f.Exec(t, `INSERT INTO platform_edge.tenant VALUES ('acme', 'free', 'active'); INSERT INTO platform_edge.used_today VALUES ('acme', 7, now() + interval '30 hours')`)
	require.NoError(t, f.Admin.QueryRow(t.Context(), "SELECT ends FROM platform_edge.used_today").Scan(&ends))
	for _, differs := range []time.Duration{-time.Minute, time.Minute} {
		known := f.watch(t, func() time.Time { return time.Now().Add(differs) })
		var today directory.Today
		require.Eventually(t, func() bool {
			found, _, err := known.Find("acme")
			today = found.Today
			return err == nil && today.Admitted == 7
		}, forever, 10*time.Millisecond)
		assert.WithinRange(t, today.Ends, ends.Add(differs), ends.Add(differs+time.Since(began)), "by %s", differs)
	}
}

// A database that is away, or that does not say what tenants have used of their day, is noticed by the age of what is known: it closes, and
// opens by itself when the database is back.
func TestWatchWithoutDatabase(t *testing.T) {
	t.Parallel()
	for _, view := range []string{api.EdgeView, api.EdgeToday} {
		t.Run(view, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			require.Eventually(t, func() bool { return f.Fresh() == nil }, forever, 10*time.Millisecond)
			f.Exec(t, "REVOKE SELECT ON platform_edge."+view+" FROM platform_gate")
			f.ahead.Store(int64(directory.MaxAge + time.Second))
			require.Eventually(t, func() bool { return f.Fresh() != nil }, forever, time.Millisecond)
			require.Never(t, func() bool { return f.Fresh() == nil }, 5*time.Second, 10*time.Millisecond, "it asks every two seconds")
			f.Exec(t, "GRANT SELECT ON platform_edge."+view+" TO platform_gate")
			assert.Eventually(t, func() bool { return f.Fresh() == nil }, forever, 10*time.Millisecond)
		})
	}
}

// Any tenant can notify, as often as it likes and as much: it costs gate neither its knowledge nor its memory.
func TestWatchIsNotFlooded(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Exec(t, "INSERT INTO platform_edge.tenant VALUES ('acme', 'free', 'active')")
	f.Exec(t, "SELECT count(pg_notify('platform_edge_tenant', repeat('x', 7000) || i)) FROM generate_series(1, 20000) i") // 140 MB
	f.Exec(t, "UPDATE platform_edge.tenant SET state = 'limited'")
	f.state(t, "acme", directory.Limited)
}
