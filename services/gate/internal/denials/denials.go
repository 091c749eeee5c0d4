// Package denials writes into gate's log whom it denies what: of each tenant and reason the first of a second, and once a minute how many
// more there were. Otherwise whoever sends most would decide how much gate writes.
package denials

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/genericcorp/platform/services/gate/api"
)

const (
	// EachSecond is how many denials are written in a second, of one tenant for one reason.
	EachSecond = 3
	// Most is how many pairs of tenant and reason are told apart in a minute. Beyond it, denials are those of no tenant.
	Most = 1000
	// every is how often it is told how many were not written.
	every = time.Minute
)

// Denial is what is written of one.
type Denial struct {
	ID     string // of the request
	Tenant string // the slug of a tenant that gate knows. Of all others it is empty: clients can make up any number of names.
	Status int
	Code   api.Code
	Cause  string
	Level  slog.Level
}

// Log is safe for concurrent use.
type Log struct {
	logger *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	begun time.Time // when the counts below begin
	seen  map[key]*count
}

type key struct {
	tenant string
	code   api.Code
}

type count struct {
	second     int64 // of the clock
	written    int   // in that second
	suppressed int   // since the last summary
}

// New makes a log.
func New(logger *slog.Logger, now func() time.Time) *Log {
	return &Log{logger: logger, now: now, begun: now(), seen: map[key]*count{}}
}

// Write writes a denial, or counts it.
func (l *Log) Write(d Denial) {
	if l.count(d) {
		l.logger.Log(context.Background(), d.Level, "denied", "id", d.ID, "tenant", d.Tenant, "status", d.Status, "code", d.Code, "cause", d.Cause)
	}
}

// count tells whether the denial is to be written.
func (l *Log) count(d Denial) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := key{d.Tenant, d.Code}
	c, known := l.seen[k]
	if !known && len(l.seen) >= Most {
		k.tenant = ""
		c, known = l.seen[k]
	}
	if !known {
		c = &count{}
		l.seen[k] = c
	}
	if second := l.now().Unix(); second != c.second {
		c.second, c.written = second, 0
	}
	if c.written == EachSecond {
		c.suppressed++
		return false
	}
	c.written++
	return true
}

// Run writes a summary each minute until the context ends, and then once more.
func (l *Log) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.Summarize()
		case <-ctx.Done():
			l.Summarize()
			return
		}
	}
}

// Summarize writes how many denials were not written since the last time, and forgets them.
func (l *Log) Summarize() {
	l.mu.Lock()
	seen, since := l.seen, l.begun
	l.seen, l.begun = map[key]*count{}, l.now()
	l.mu.Unlock()
	for _, k := range slices.SortedFunc(maps.Keys(seen), func(a, b key) int { return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.code, b.code)) }) {
		if n := seen[k].suppressed; n > 0 {
			//page:tenant-flood
			l.logger.Warn("denied more than is written", "tenant", k.tenant, "code", k.code, "suppressed", n, "since", since.UTC())
		}
	}
}
