package worker

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/genericcorp/platform/services/sample/internal/notes"
)

// tendEvery is how long a note may wait for a tender.
const tendEvery = 2 * time.Second

// Tender does a tenant's jobs without the queue, which all tenants share: it looks into the schemas that it has secrets of. That is how
// a worker in a tenant's own namespace works, which reaches the tenant's database and nothing else.
type Tender struct {
	Service   notes.Service
	Uncounted func(ctx context.Context, tenant string) ([]string, error) // notes whose words nobody has counted
	Tenants   func() ([]string, error)

	turned atomic.Int64
}

// Run does jobs until the context ends; then it finishes the one that it has.
func (t *Tender) Run(ctx context.Context) {
	for ctx.Err() == nil {
		t.turned.Store(time.Now().Unix())
		t.turn(ctx)
		sleep(ctx, tendEvery)
	}
}

// Alive says whether it still looks for jobs.
func (t *Tender) Alive() bool { return time.Since(time.Unix(t.turned.Load(), 0)) < stuck }

func (t *Tender) turn(ctx context.Context) {
	list, err := t.Tenants()
	if err != nil {
		slog.Error("look for tenants", "cause", err)
	}
	for _, tenant := range list {
		if err := t.tend(ctx, tenant); err != nil && ctx.Err() == nil {
			slog.Warn("a tenant's jobs failed: they are tried again", "tenant", tenant, "cause", err)
		}
	}
}

func (t *Tender) tend(ctx context.Context, tenant string) error {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	found, err := t.Uncounted(ctx, tenant)
	if err != nil {
		return err
	}
	for _, note := range found {
		if err := t.Service.Do(ctx, notes.Job{Tenant: tenant, NoteID: note}); err != nil {
			return err
		}
		slog.Info("did a job", "tenant", tenant, "note", note)
	}
	return nil
}
