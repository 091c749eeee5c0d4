// Package worker does the jobs that requests leave behind, one at a time.
package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/genericcorp/platform/services/sample/internal/notes"
	"github.com/genericcorp/platform/services/sample/internal/queue"
)

const (
	wait       = 2 * time.Second  // for a job, before looking for new tenants
	jobTimeout = 20 * time.Second // well below queue.Lost, so that no two workers have one job
	pause      = time.Second      // after a failure
	stuck      = 2 * time.Minute
)

// Worker does jobs.
type Worker struct {
	Name    string // of this process among all workers
	Service notes.Service
	Queue   *queue.Queue
	Tenants func() ([]string, error)

	turned atomic.Int64 // when it last looked for jobs, in Unix seconds
}

// Run does jobs until the context ends; then it finishes those that it has.
func (w *Worker) Run(ctx context.Context) {
	for ctx.Err() == nil {
		w.turned.Store(time.Now().Unix())
		if err := w.turn(ctx); err != nil && ctx.Err() == nil {
			slog.Error("look for jobs", "cause", err)
			sleep(ctx, pause)
		}
	}
}

// Alive says whether it still looks for jobs.
func (w *Worker) Alive() bool { return time.Since(time.Unix(w.turned.Load(), 0)) < stuck }

func (w *Worker) turn(ctx context.Context) error {
	tenants, err := w.Tenants()
	if err != nil {
		return err
	}
	if len(tenants) == 0 {
		sleep(ctx, wait)
		return nil
	}
	jobs, err := w.Queue.Take(ctx, w.Name, tenants, wait)
	for _, job := range jobs {
		w.do(context.WithoutCancel(ctx), job)
	}
	return err
}

// do does one job. One that fails stays in the queue, where it is found as lost, and is put aside when it has failed too often.
func (w *Worker) do(ctx context.Context, job *queue.Taken) {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	log, began := slog.With("tenant", job.Tenant, "note", job.NoteID, "try", job.Tries), time.Now()
	err := w.Service.Do(ctx, job.Job)
	switch {
	case err == nil:
		err = w.Queue.Done(ctx, job)
		log.Info("did a job", "milliseconds", time.Since(began).Milliseconds())
	case job.Tries >= queue.MaxTries && !errors.Is(err, notes.ErrSuspended) && !errors.Is(err, notes.ErrReadOnly): // which pass
		log.Error("put a job aside that failed too often", "cause", err)
		err = w.Queue.PutAside(ctx, job)
	default:
		log.Warn("a job failed: it is tried again", "cause", err)
		return
	}
	if err != nil {
		log.Error("take a job out of the queue: it is done again", "cause", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
