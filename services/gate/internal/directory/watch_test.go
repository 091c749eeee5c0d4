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
	f.Directory = &directory.Directory{Now: func() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	watch := &directory.Watch{Directory: f.Directory, Database: f.Database.Database}
	go func() { defer close(done); watch.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return f
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

// What the ledger has of a tenant's day is known with the tenant, also where nothing notifies of it, and so is its end.
func TestWatchKnowsTheDay(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Exec(t, `INSERT INTO platform_edge.tenant VALUES ('acme', 'free', 'active'), ('beta', 'free', 'active');
		INSERT INTO platform_edge.used_today VALUES ('acme', 7, '2026-11-30 00:00:00Z')`)
	today := func() directory.Today {
		found, _, err := f.Find("acme")
		if err != nil {
			return directory.Today{}
		}
		return directory.Today{Admitted: found.Today.Admitted, Ends: found.Today.Ends.UTC()}
	}
	want := directory.Today{Admitted: 7, Ends: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)}
	require.Eventually(t, func() bool { return today() == want }, forever, 10*time.Millisecond)
	other, found, err := f.Find("beta")
	require.NoError(t, err)
	require.True(t, found)
	assert.Zero(t, other.Today)
	f.Exec(t, "UPDATE platform_edge.used_today SET admitted = 8")
	want.Admitted = 8
	require.Eventually(t, func() bool { return today() == want }, forever, 10*time.Millisecond)
	f.Exec(t, "DELETE FROM platform_edge.used_today")
	require.Eventually(t, func() bool { return today() == directory.Today{} }, forever, 10*time.Millisecond)
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
