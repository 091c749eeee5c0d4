package denials

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/gate/api"
)

// line is one of the log.
type line struct {
	Level, Msg, ID, Tenant, Cause string
	Code                          api.Code
	Status, Suppressed            int
	Since                         time.Time
}

// fixture is a log whose clock the test sets.
type fixture struct {
	*Log

	text bytes.Buffer
	at   time.Time
}

func newFixture() *fixture {
	f := &fixture{at: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}
	f.Log = New(slog.New(slog.NewJSONHandler(&f.text, nil)), func() time.Time { return f.at })
	return f
}

// lines are those written since the last time.
func (f *fixture) lines(t *testing.T) (all []line) {
	t.Helper()
	for text := range strings.Lines(f.text.String()) {
		var l line
		require.NoError(t, json.Unmarshal([]byte(text), &l))
		all = append(all, l)
	}
	f.text.Reset()
	return all
}

// A flood writes a few lines a second, and one a minute that says how many there were. Another tenant, and another reason, is still seen.
func TestFloodIsSampled(t *testing.T) {
	t.Parallel()
	f := newFixture()
	began := f.at
	const seconds, each = 5, 100
	for range seconds {
		for range each {
			f.Write(Denial{ID: "1", Tenant: "acme", Status: 403, Code: api.CodeSuspended, Cause: "the tenant is suspended"})
		}
		f.at = f.at.Add(time.Second)
	}
	written := f.lines(t)
	require.Len(t, written, seconds*EachSecond)
	assert.Equal(t, line{Level: "INFO", Msg: "denied", ID: "1", Tenant: "acme", Status: 403, Code: api.CodeSuspended, Cause: "the tenant is suspended"}, written[0])
	f.Write(Denial{Tenant: "beta", Code: api.CodeSuspended})
	f.Write(Denial{Tenant: "acme", Code: api.CodeLimited})
	f.Write(Denial{Code: api.CodeUnavailable, Level: slog.LevelError})
	written = f.lines(t)
	require.Len(t, written, 3)
	assert.Equal(t, "ERROR", written[2].Level)
	f.Summarize()
	assert.Equal(t, []line{{Level: "WARN", Msg: "denied more than is written", Tenant: "acme", Code: api.CodeSuspended, Suppressed: seconds * (each - EachSecond), Since: began}}, f.lines(t))
	f.Summarize()
	assert.Empty(t, f.lines(t), "it is told once")
}

// Memory is bounded: what there is no room for is told all the same, as nobody's.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture()
	const tenants = 3 * Most
	for i := range tenants {
		f.Write(Denial{Tenant: fmt.Sprint(i), Code: api.CodeSuspended})
	}
	assert.Len(t, f.seen, Most+1)
	written := len(f.lines(t))
	assert.Equal(t, Most+EachSecond, written)
	f.Summarize()
	told := f.lines(t)
	require.Len(t, told, 1)
	assert.Empty(t, told[0].Tenant)
	assert.Equal(t, tenants, written+told[0].Suppressed, "each denial is written or counted")
}

// It is told each minute, and when the program ends.
func TestRunTellsEachMinuteAndAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		l := New(slog.New(slog.NewJSONHandler(&text, nil)), time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var running sync.WaitGroup
		running.Go(func() { l.Run(ctx) })
		told := func() int { return strings.Count(text.String(), `"suppressed":1`) }
		flood := func() {
			for range EachSecond + 1 {
				l.Write(Denial{Tenant: "acme"})
			}
		}
		flood()
		time.Sleep(every + time.Second)
		synctest.Wait()
		assert.Equal(t, 1, told())
		flood()
		cancel()
		running.Wait()
		assert.Equal(t, 2, told())
	})
}
