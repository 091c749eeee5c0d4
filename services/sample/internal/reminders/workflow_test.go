package reminders

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
)

// store keeps notes by key, and fails as often as it is told. What failed was kept all the same: nobody heard of it.
type store struct {
	notes.Store

	kept     map[string]int // by key: attempts
	failures int
}

func (s *store) Add(_ context.Context, tenant, key, _ string) (api.Note, bool, error) {
	if tenant != "acme" {
		return api.Note{}, false, notes.ErrUnknownTenant
	}
	s.kept[key]++
	if s.failures > 0 {
		s.failures--
		return api.Note{}, false, errors.New("the connection is lost")
	}
	return api.Note{ID: key}, s.kept[key] == 1, nil
}

type noQueue struct{}

func (noQueue) Put(context.Context, notes.Job) error { return nil }

// run runs a reminder in a time that passes by itself.
func run(t *testing.T, s *store, r api.Reminder) (env *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env = suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Hour}) // one second, as it is without, is too short for a busy machine
	register(env, notes.Service{Store: s, Queue: noQueue{}})
	env.ExecuteWorkflow(api.WorkflowReminder, r)
	require.True(t, env.IsWorkflowCompleted())
	return env
}

func TestReminder(t *testing.T) {
	t.Parallel()
	s := &store{kept: map[string]int{}, failures: 2}
	env := run(t, s, api.Reminder{Tenant: "acme", Text: "water the plants", Times: 3, EverySeconds: 3600})
	require.NoError(t, env.GetWorkflowError())
	var made int
	require.NoError(t, env.GetWorkflowResult(&made))
	assert.Equal(t, 3, made)
	assert.Equal(t, map[string]int{"default-test-workflow-id/1": 3, "default-test-workflow-id/2": 1, "default-test-workflow-id/3": 1}, s.kept)
}

func TestReminderIsRefused(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]api.Reminder{
		"times: got 0, expected 1 to 1000\neverySeconds: got -1": {Tenant: "acme", Text: "a", EverySeconds: -1},
		notes.ErrUnknownTenant.Error():                           {Tenant: "beta", Text: "a", Times: 1},
		"text: got 0 bytes":                                      {Tenant: "acme", Times: 1},
	} {
		err := run(t, &store{kept: map[string]int{}}, r).GetWorkflowError()
		require.ErrorContains(t, err, want)
		var failure *temporal.ApplicationError
		require.ErrorAs(t, err, &failure)
		assert.True(t, failure.NonRetryable(), want)
	}
}

func TestWorkerWithoutAServer(t *testing.T) {
	t.Parallel()
	_, err := New(func(string) string { return "" }, notes.Service{})
	require.EqualError(t, err, `TEMPORAL_ADDRESS: got "", expected host and port of Temporal's server`)
	w, err := New(func(string) string { return "127.0.0.1:1" }, notes.Service{})
	require.NoError(t, err)
	require.Error(t, w.Ready(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.Run(ctx); close(ended) }()
	assert.True(t, w.Alive(), "it waits")
	cancel()
	<-ended
}
