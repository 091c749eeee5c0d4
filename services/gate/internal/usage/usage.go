// Package usage counts what tenants' requests used, by tenant and hour, and hands the counts to a ledger. Nothing is lost without being
// counted: what there is no room for is in the batch as a number, and what the ledger has not taken at the end is in the log.
package usage

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/genericcorp/platform/services/provisioner/api"
)

const (
	// MostRows is how many rows wait for the ledger at most, beside the batch that it is given: each tenant of a full database for two hours.
	MostRows = api.MaxUsageRows
	// every is how often counts are handed over.
	every = 5 * time.Second
	// patience is how long the ledger may take.
	patience = 5 * time.Second
)

// Entry is one request that has ended.
type Entry struct {
	Tenant   string // empty: of none
	Ended    time.Time
	Served   bool // the workload has answered, and not the edge
	Admitted bool // the tenant's limits have let it pass, whatever came of it
	Failed   bool // it was answered with an error that is no fault of the client, or not to its end
	Slow     bool // it was served, and the answer began later than the tier's objective
	BytesIn  int64
	BytesOut int64
	Duration time.Duration
}

// Counts are sums of entries.
type Counts struct {
	Served, Refused   int64 // requests
	Admitted          int64 // requests that use up the tenant's day
	Valid             int64 // requests that count for what is promised: those that were served, or should have been
	Failed, Slow      int64 // of these
	BytesIn, BytesOut int64
	Duration          time.Duration
}

// Row is what a tenant used in an hour, of UTC, as far as one batch knows: a ledger adds rows up.
type Row struct {
	Tenant string
	Hour   time.Time
	Counts
}

// Batch is what is handed over at once. A ledger that has seen its source and sequence has all of it, and takes it as handed over.
type Batch struct {
	Source   string // of this run of the program
	Sequence int64  // from 1
	Rows     []Row  // by tenant and hour
	Dropped  int64  // requests that there was no room for
}

// Ledger keeps batches. It may be given the same batch again, and answers nil if it has it.
type Ledger interface {
	Record(ctx context.Context, b Batch) error
}

// Recorder is safe for concurrent use.
type Recorder struct {
	ledger Ledger
	source string

	mu       sync.Mutex
	rows     map[key]*Counts
	dropped  int64
	pending  *Batch // handed over, and not yet taken
	sequence int64
}

type key struct {
	tenant string
	hour   time.Time
}

// NewRecorder makes a recorder with a source of its own.
func NewRecorder(ledger Ledger) *Recorder {
	return &Recorder{ledger: ledger, source: rand.Text(), rows: map[key]*Counts{}}
}

// Add counts a request.
func (r *Recorder) Add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := key{e.Tenant, e.Ended.UTC().Truncate(time.Hour)}
	counts, known := r.rows[k]
	if !known {
		if len(r.rows) >= MostRows {
			r.dropped++
			return
		}
		counts = &Counts{}
		r.rows[k] = counts
	}
	if e.Served {
		counts.Served++
	} else {
		counts.Refused++
	}
	if e.Admitted {
		counts.Admitted++
	}
	if e.Served || e.Failed {
		counts.Valid++
	}
	if e.Failed {
		counts.Failed++
	}
	if e.Slow {
		counts.Slow++
	}
	counts.BytesIn += e.BytesIn
	counts.BytesOut += e.BytesOut
	counts.Duration += e.Duration
}

// Run hands counts over until the context ends, and then once more. What the ledger does not take then is written into the log.
func (r *Recorder) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.Flush(ctx)
		case <-ctx.Done():
			r.Flush(context.WithoutCancel(ctx))
			r.writeDown()
			return
		}
	}
}

// Flush hands over what there is: first the batch that the ledger has not taken, as it was.
func (r *Recorder) Flush(ctx context.Context) {
	for {
		batch := r.next()
		if batch == nil {
			return
		}
		soon, cancel := context.WithTimeout(ctx, patience)
		err := r.ledger.Record(soon, *batch)
		cancel()
		if err != nil {
			slog.Error("usage waits for the ledger", "cause", err, "sequence", batch.Sequence, "rows", len(batch.Rows))
			return
		}
		r.mu.Lock()
		r.pending = nil
		r.mu.Unlock()
	}
}

// next is the batch to hand over; nil: there is none.
func (r *Recorder) next() *Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending != nil {
		return r.pending
	}
	if len(r.rows) == 0 && r.dropped == 0 {
		return nil
	}
	r.sequence++
	batch := &Batch{Source: r.source, Sequence: r.sequence, Dropped: r.dropped}
	for k, counts := range r.rows {
		batch.Rows = append(batch.Rows, Row{Tenant: k.tenant, Hour: k.hour, Counts: *counts})
	}
	slices.SortFunc(batch.Rows, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), a.Hour.Compare(b.Hour)) })
	if r.dropped > 0 {
		slog.Error("usage was dropped, as the ledger takes none", "requests", r.dropped)
	}
	r.rows, r.dropped, r.pending = map[key]*Counts{}, 0, batch
	return batch
}

// writeDown writes into the log what the ledger has not taken, for people. It may have taken the first batch all the same, which its source
// and sequence tell.
func (r *Recorder) writeDown() {
	for batch := r.next(); batch != nil; batch = r.next() {
		for _, row := range batch.Rows {
			slog.Error("usage that the ledger has not taken", "source", batch.Source, "sequence", batch.Sequence, "tenant", row.Tenant, "hour", row.Hour,
				"served", row.Served, "refused", row.Refused, "admitted", row.Admitted, "bytesIn", row.BytesIn, "bytesOut", row.BytesOut,
				"milliseconds", row.Duration.Milliseconds(), "valid", row.Valid, "failed", row.Failed, "slow", row.Slow)
		}
		r.mu.Lock()
		r.pending = nil
		r.mu.Unlock()
	}
}
