package reminders

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
)

// finish is how long activities in flight may take once the worker is told to stop.
const finish = 15 * time.Second

// pause is between two questions whether the server answers.
const pause = time.Second

// Worker does the workflows' work.
type Worker struct {
	address string
	client  client.Client
	service notes.Service
	failed  atomic.Bool
}

// New makes a worker for the server that the environment names, which need not answer yet.
func New(getenv func(string) string, service notes.Service) (*Worker, error) {
	address := getenv(api.EnvTemporalAddress)
	if address == "" {
		return nil, fmt.Errorf(`%s: got "", expected host and port of Temporal's server`, api.EnvTemporalAddress)
	}
	server, err := client.NewLazyClient(client.Options{
		HostPort: address, Namespace: cmp.Or(getenv(api.EnvTemporalNamespace), api.DefaultTemporalNamespace), Logger: slog.Default(),
	})
	return &Worker{address: address, client: server, service: service}, err
}

// Ready asks whether the server answers.
func (w *Worker) Ready(ctx context.Context) error {
	_, err := w.client.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// Alive says whether it still works, or waits for the server.
func (w *Worker) Alive() bool { return !w.failed.Load() }

// Run waits for the server and its namespace, and works until the context ends; then it finishes what it has begun.
func (w *Worker) Run(ctx context.Context) {
	defer w.client.Close()
	working, err := w.start(ctx)
	for ; err != nil; working, err = w.start(ctx) {
		slog.Warn("Temporal does not answer yet", "address", w.address, "cause", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
	<-ctx.Done()
	working.Stop()
}

func (w *Worker) start(ctx context.Context) (worker.Worker, error) {
	if err := w.Ready(ctx); err != nil {
		return nil, err
	}
	working := worker.New(w.client, api.TaskQueue, worker.Options{WorkerStopTimeout: finish, OnFatalError: w.fail})
	register(working, w.service)
	return working, working.Start()
}

// fail has whoever asks whether it is alive start another one.
func (w *Worker) fail(err error) {
	slog.Error("Temporal lets this worker do nothing", "address", w.address, "cause", err)
	w.failed.Store(true)
}

// registry is a worker, or what stands for one in a test.
type registry interface {
	RegisterWorkflowWithOptions(any, workflow.RegisterOptions)
	RegisterActivityWithOptions(any, activity.RegisterOptions)
}

func register(r registry, service notes.Service) {
	r.RegisterWorkflowWithOptions(remind, workflow.RegisterOptions{Name: api.WorkflowReminder})
	r.RegisterActivityWithOptions(func(ctx context.Context, a addition) error { return add(ctx, service, a) }, activity.RegisterOptions{Name: activityAdd})
}

// add makes a note. What no attempt will change ends the workflow; all else is tried again.
func add(ctx context.Context, service notes.Service, a addition) error {
	_, _, err := service.Add(ctx, a.Tenant, a.Key, a.Text)
	var invalid *notes.Invalid
	switch {
	case errors.As(err, &invalid):
		return temporal.NewNonRetryableApplicationError(err.Error(), string(api.CodeInvalid), err)
	case errors.Is(err, notes.ErrUnknownTenant):
		return temporal.NewNonRetryableApplicationError(err.Error(), string(api.CodeUnknownTenant), err)
	}
	return err
}
