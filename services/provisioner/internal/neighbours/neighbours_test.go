package neighbours

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

var ctx = context.Background()

// measure is how long the victim is measured, calm and attacked. Without it the test proves and measures nothing.
var measure = flag.Duration("measure", 0, "measure the victim for so long, calm and attacked, and write the numbers")

// mostSessions bounds what an attack may take of the machine that runs the test.
const mostSessions = 4

// glance is how long the victim works beside each attack when nothing is measured.
const glance = 200 * time.Millisecond

// outcome is how one attack of one tier's tenant went.
type outcome struct {
	Calm, Attacked    time.Duration // the victim's p99
	Swept, Suspended  time.Duration // what sweep and suspension took
	Statements        int
	FailedBeforeSweep int
}

func TestNeighbours(t *testing.T) {
	if *measure == 0 {
		t.Parallel()
	}
	versions := postgrestest.Versions(t)
	version := versions[len(versions)-1]
	var mu sync.Mutex
	all := map[string]map[string]outcome{} // by tier, then by attack
	for _, tier := range tiers.Names() {
		t.Run(tier, func(t *testing.T) {
			if *measure == 0 {
				t.Parallel()
			}
			found := attackAll(t, version, tier)
			mu.Lock()
			defer mu.Unlock()
			all[tier] = found
		})
	}
	t.Cleanup(func() {
		if !t.Failed() && len(all) == len(tiers.Names()) {
			writeReport(t, version, all)
		}
	})
}

func attackAll(t *testing.T, version postgrestest.Version, tier string) map[string]outcome {
	t.Helper()
	s := tenancytest.NewOn(t, version, "log_statement=none", "authentication_timeout=10")
	s.OvercommitPercent = 1000 // attackers stay, and each is alone when it attacks
	s.Must(t, sweep)
	v := newVictim(t, s)
	all := map[string]outcome{}
	for i, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			all[a.name] = try(t, s, v, a, tier, fmt.Sprintf("bad-%d", i))
		})
	}
	return all
}

var sweep = api.Request{Action: api.ActionSweep}

// try lets a tenant of the tier attack, and looks what the sweep and a suspension do about it while it goes on.
func try(t *testing.T, s *tenancytest.Setup, v *victim, a attack, tier, slug string) (o outcome) {
	t.Helper()
	request := s.Request(t, slug, tier, api.StateActive)
	if a.limits != nil {
		a.limits(&request.Limits)
	}
	s.Must(t, request)
	window := max(*measure, glance)
	v.take()
	time.Sleep(window)
	calm, failed := v.take()
	require.Empty(t, failed, "before the attack")

	most := mostSessions
	if *measure > 0 {
		most = request.Limits.Connections
	}
	sessions := min(request.Limits.Connections, most)
	if a.sessions > 0 {
		sessions = min(sessions, a.sessions)
	}
	if a.beyond > 0 {
		sessions = request.Limits.Connections + a.beyond
	}
	b := start(t, s, a, slug, sessions)
	waitFor(t, "the attack begins", func() bool { return b.attacks() >= sessions-a.beyond })
	first := sessionsOf(t, s, slug)
	time.Sleep(max(window, a.wait))
	attacked, failed := v.take()
	o = outcome{Calm: p99(calm), Attacked: p99(attacked), Statements: len(attacked), FailedBeforeSweep: len(failed)}
	if !a.fails {
		assert.Empty(t, failed, "while it attacks")
	}

	began := time.Now()
	swept, err := s.Try(sweep)
	for a.fails && err != nil && time.Since(began) < time.Minute { // a session with so many locks takes its time to end
		swept, err = s.Try(sweep)
	}
	o.Swept = time.Since(began)
	// A session reports what it wrote once a second, and at the latest ten seconds after: what it has not reported, the next sweep sees.
	for err == nil && a.held == bySweepStorage && !overStorage(t, s, slug) && time.Since(began) < 15*time.Second {
		swept, err = s.Try(sweep)
	}
	require.NoError(t, err)
	assert.Empty(t, swept.Warnings)
	isHeld(t, s, a, b, first)
	_, failed = v.take()
	if !a.fails {
		assert.Empty(t, failed, "while it is swept")
	}

	if canLogIn(t, s, slug) { // it comes back, and is suspended while it attacks
		before := b.attacks()
		waitFor(t, "the attack goes on", func() bool { return b.attacks() > before || len(sessionsOf(t, s, slug)) > 0 })
	}
	request.State = api.StateSuspended
	began = time.Now()
	suspended, err := s.Try(request)
	o.Suspended = time.Since(began)
	require.NoError(t, err)
	assert.Empty(t, sessionsOf(t, s, slug), "a suspended tenant has no session")
	_, err = s.TryLogin(t, slug)
	require.ErrorContains(t, err, "not permitted to log in")
	b.stop()
	v.take()
	time.Sleep(glance / 2)
	_, failed = v.take()
	assert.Empty(t, failed, "after the attack")
	listed := s.Must(t, api.Request{Action: api.ActionList})
	checked := s.Must(t, api.Request{Action: api.ActionCheck, Tenant: slug})
	for _, texts := range [][]string{swept.Problems, swept.Warnings, suspended.Warnings, listed.Warnings, checked.Problems} {
		for _, text := range texts {
			assert.NotRegexp(t, `::(error|add-mask)::`, text)
			for _, r := range text {
				assert.True(t, unicode.IsPrint(r), "%q", text)
			}
		}
	}
	return o
}

// isHeld asserts the effect of the sweep, or of the server's own limits, on the sessions that attacked before it.
func isHeld(t *testing.T, s *tenancytest.Setup, a attack, b *attacker, first map[string]string) {
	t.Helper()
	now := sessionsOf(t, s, b.slug)
	switch a.held {
	case bySweepSession:
		require.NotEmpty(t, first)
		for session := range first {
			assert.NotContains(t, now, session, "this session was to end")
		}
	case bySweepStatement:
		require.NotEmpty(t, first)
		for session, statement := range first {
			assert.NotEqual(t, statement, now[session], "this statement was to end")
		}
	case bySweepStorage:
		assert.True(t, overStorage(t, s, b.slug), "the tenant was to become read-only")
	case byLimit:
		assert.True(t, b.hasMet(a.code), "expected the refusal %s", a.code)
	case byNothing, notHeld:
	}
}

func overStorage(t *testing.T, s *tenancytest.Setup, slug string) (over bool) {
	t.Helper()
	require.NoError(t, s.Admin.QueryRow(ctx, `SELECT over_storage FROM platform.tenant WHERE slug = $1`, slug).Scan(&over))
	return over
}

// sessionsOf are the tenant's: by process and begin, when each began its statement.
func sessionsOf(t *testing.T, s *tenancytest.Setup, slug string) map[string]string {
	t.Helper()
	rows, err := s.Admin.Query(ctx, `SELECT pid || ' ' || backend_start, coalesce(query_start::text, '') FROM pg_stat_activity WHERE usename = 'tenant_' || $1`, slug)
	if err != nil {
		return map[string]string{"unknown": err.Error()} // the table of locks is full
	}
	found := map[string]string{}
	var session, statement string
	_, err = pgx.ForEachRow(rows, []any{&session, &statement}, func() error {
		found[session] = statement
		return nil
	})
	if err != nil {
		return map[string]string{"unknown": err.Error()}
	}
	return found
}

func canLogIn(t *testing.T, s *tenancytest.Setup, slug string) (can bool) {
	t.Helper()
	require.NoError(t, s.Admin.QueryRow(ctx, `SELECT rolcanlogin FROM pg_roles WHERE rolname = 'tenant_' || $1`, slug).Scan(&can))
	return can
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	const patience = time.Minute // on a busy machine
	require.Eventually(t, condition, patience, 20*time.Millisecond, what)
}
