package edge_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/tests/localcloud/tools"
)

// countingAhead starts a proxy that asks a service of its own, whose clock is ahead by so much. All count on the same cache. Its get asks for a
// tenant's notes.
func (w *world) countingAhead(t *testing.T, by time.Duration) (get func(tenant string) response) {
	t.Helper()
	set, err := tools.EnsureShiftedCounting(t.Context(), os.Stderr)
	require.NoError(t, err)
	at, free := w.ports, freePorts(t, 6)
	at.public, at.health, at.admin, at.counting, at.countingHealth, at.countingDebug = free[0], free[1], free[2], free[3], free[4], free[5]
	counting := w.newCounting(fmt.Sprintf("counting-ahead-%s", by), set["ratelimit-shifted"], at)
	counting.env = append(counting.env, tools.EnvClockAhead+"="+strconv.Itoa(int(by/time.Second)))
	proxy := w.newProxy(t, fmt.Sprintf("proxy-ahead-%s", by), at)
	for _, p := range []*process{counting, proxy} {
		p.start(t)
		t.Cleanup(func() {
			p.stop(t, syscall.SIGKILL)
			if t.Failed() {
				t.Log(p.tail(t))
			}
		})
	}
	get = func(tenant string) response { return onceAt(t, at.public, w.notes(tenant)) }
	await(t, func() bool { return listens(at.public) && get("acme").status == http.StatusOK }, "the proxy serves")
	return get
}

// A second has its number, whoever counts in it: a service that is ahead uses up those to come, and one that is right finds them used up. So
// what a tenant gets is not its number for each service.
func secondsByOtherClocks(t *testing.T, w *world) {
	awayFromMidnight()
	const ahead = 2 * time.Second
	get := w.countingAhead(t, ahead)
	w.tenant(t, "hasty", "free", api.StateActive)
	w.eventually(t, "hasty", http.StatusOK)
	usedUp := func(r response) bool { return r.code() == edge.CodeTooMany && r.headers.Get("Retry-After") == "1" }
	var seen []string
	// By chance a count is forgotten at once, one of 150, and a machine can be too busy to ask within a second.
	const attempts = 10
	for range attempts {
		var second int64
		await(t, func() bool {
			second = time.Now().Unix()
			return usedUp(get("hasty")) && time.Now().Unix() == second
		}, "a second that is used up")
		second += int64(ahead / time.Second)
		time.Sleep(time.Until(time.Unix(second, 0)))
		got := w.once(t, w.notes("hasty"))
		if usedUp(got) && time.Now().Unix() == second {
			return
		}
		seen = append(seen, fmt.Sprintf("%d %s", got.status, got.code()))
	}
	assert.Fail(t, "no second that one service has used up is used up for the other", "%v", seen)
}

// Each request is of one day. A service that is far ahead begins the next one early, for a tenant whose day is used up as well, until the ledger
// has that day: there it has the one of the database's clock.
func daysByOtherClocks(t *testing.T, w *world) {
	awayFromMidnight()
	get := w.countingAhead(t, 24*time.Hour)
	w.tenant(t, "early", "free", api.StateActive)
	w.eventually(t, "early", http.StatusOK)
	tier, err := tiers.Find("free")
	require.NoError(t, err)
	today := w.dayKey(t, "early")
	require.NoError(t, w.inCache(t).SetArgs(t.Context(), today, tier.Limits.RequestsPerDay, redisKeepTTL).Err())
	spent := func(r response) bool { return r.code() == edge.CodeTooMany && r.headers.Get("Retry-After") != "1" }
	await(t, func() bool { return spent(w.get(t, "early")) }, "a refusal for the day")
	served := 0
	for range 3 {
		await(t, func() bool { return get("early").status == http.StatusOK }, "a request of the next day")
		served++
	}
	name, stamp := today[:strings.LastIndex(today, "_")+1], today[strings.LastIndex(today, "_")+1:]
	begins, err := strconv.ParseInt(stamp, 10, 64)
	require.NoError(t, err)
	counted, err := w.inCache(t).Get(t.Context(), name+strconv.FormatInt(begins+int64(24*time.Hour/time.Second), 10)).Int()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, counted, served)

	w.change(t, `INSERT INTO platform.usage AS u VALUES (date_trunc('hour', now(), 'UTC'), 'early', 0, 0, $1, 0, 0, 0)
		ON CONFLICT (hour, tenant) DO UPDATE SET admitted = excluded.admitted`, tier.Limits.RequestsPerDay)
	await(t, func() bool { return spent(get("early")) }, "a refusal, which is gate's, by the ledger")
}
