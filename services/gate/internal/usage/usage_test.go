package usage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ledger adds up what it takes, each batch once, and refuses now and then: before it has taken a batch, or after.
type ledger struct {
	seen    map[string]bool
	total   map[string]Counts
	dropped int64
	refuse  func() (before, after bool)
}

func newLedger() *ledger { return &ledger{seen: map[string]bool{}, total: map[string]Counts{}} }

func (l *ledger) Record(_ context.Context, b Batch) error {
	before, after := false, false
	if l.refuse != nil {
		before, after = l.refuse()
	}
	if before {
		return errors.New("away")
	}
	id := fmt.Sprintf("%s/%d", b.Source, b.Sequence)
	if !l.seen[id] {
		l.seen[id] = true
		l.dropped += b.Dropped
		for _, row := range b.Rows {
			k := row.Tenant + row.Hour.Format(time.RFC3339)
			sum := l.total[k]
			sum.Served, sum.Refused = sum.Served+row.Served, sum.Refused+row.Refused
			sum.Admitted += row.Admitted
			sum.Valid, sum.Failed, sum.Slow = sum.Valid+row.Valid, sum.Failed+row.Failed, sum.Slow+row.Slow
			sum.BytesIn, sum.BytesOut, sum.Duration = sum.BytesIn+row.BytesIn, sum.BytesOut+row.BytesOut, sum.Duration+row.Duration
			l.total[k] = sum
		}
	}
	if after {
		return errors.New("away, though it has it")
	}
	return nil
}

// Whatever the ledger refuses, and whenever, it ends with each request counted once, in its tenant's hour.
func TestNothingIsLostOrCountedTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLedger()
		r := NewRecorder(l)
		begin := time.Date(2026, 11, 30, 23, 30, 0, 0, time.FixedZone("", 3600))
		want := map[string]Counts{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				e := Entry{
					Tenant: rapid.SampledFrom([]string{"", "acme", "beta"}).Draw(t, "tenant"), Served: rapid.Bool().Draw(t, "served"), Admitted: rapid.Bool().Draw(t, "admitted"),
					Failed: rapid.Bool().Draw(t, "failed"), Slow: rapid.Bool().Draw(t, "slow"),
					Ended:   begin.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "second")) * time.Second),
					BytesIn: rapid.Int64Range(0, 99).Draw(t, "in"), BytesOut: rapid.Int64Range(0, 99).Draw(t, "out"), Duration: time.Millisecond,
				}
				r.Add(e)
				k := e.Tenant + e.Ended.UTC().Truncate(time.Hour).Format(time.RFC3339)
				sum := want[k]
				if e.Served {
					sum.Served++
				} else {
					sum.Refused++
				}
				for counter, counts := range map[*int64]bool{&sum.Admitted: e.Admitted, &sum.Valid: e.Served || e.Failed, &sum.Failed: e.Failed, &sum.Slow: e.Slow} {
					if counts {
						*counter++
					}
				}
				sum.BytesIn, sum.BytesOut, sum.Duration = sum.BytesIn+e.BytesIn, sum.BytesOut+e.BytesOut, sum.Duration+e.Duration
				want[k] = sum
			},
			"flush": func(t *rapid.T) {
				l.refuse = func() (bool, bool) { return rapid.Bool().Draw(t, "before"), rapid.Bool().Draw(t, "after") }
				r.Flush(context.Background())
			},
		})
		l.refuse = nil
		r.Flush(context.Background())
		require.Equal(t, want, l.total)
	})
}

// Memory is bounded, and what there is no room for is a number in the ledger.
func TestDroppedIsCounted(t *testing.T) {
	t.Parallel()
	l := newLedger()
	r := NewRecorder(l)
	const beyond = 7
	for i := range MostRows + beyond {
		r.Add(Entry{Tenant: fmt.Sprint(i), Served: true})
	}
	r.Add(Entry{Tenant: "0", Served: true}) // has a row
	r.Flush(t.Context())
	assert.Len(t, l.total, MostRows)
	assert.EqualValues(t, beyond, l.dropped)
}

// What was counted when the program is told to stop is handed over.
func TestRunHandsOverAtTheEnd(t *testing.T) {
	t.Parallel()
	l := newLedger()
	r := NewRecorder(l)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	r.Add(Entry{Tenant: "acme", Served: true})
	cancel()
	running.Wait()
	assert.Len(t, l.total, 1)
}

// What the ledger does not take at the end is in the log, where people find it: what it was given last, and what came since.
func TestRunWritesDownWhatIsLeft(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	l := newLedger()
	l.refuse = func() (bool, bool) { return true, false }
	r := NewRecorder(l)
	r.Add(Entry{Tenant: "acme", Served: true, BytesIn: 7})
	r.Flush(t.Context())
	r.Add(Entry{Tenant: "beta", Admitted: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Run(ctx)
	for _, want := range []string{
		`"sequence":1,"tenant":"acme","hour":"0001-01-01T00:00:00Z","served":1,"refused":0,"admitted":0,"bytesIn":7`,
		`"sequence":2,"tenant":"beta","hour":"0001-01-01T00:00:00Z","served":0,"refused":1,"admitted":1,"bytesIn":0`,
	} {
		assert.Contains(t, log.String(), `"msg":"usage that the ledger has not taken","source":"`+r.source+`",`+want)
	}
	assert.Nil(t, r.next())
}
