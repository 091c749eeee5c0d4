package queue

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
	"github.com/genericcorp/platform/services/sample/internal/sampletest"
)

const moment = 10 * time.Millisecond

func open(t *testing.T) *Queue {
	t.Helper()
	folder := t.TempDir()
	sampletest.Cache(t, folder)
	q := Open(folder, nil)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	return q
}

func take(t *testing.T, q *Queue, worker string, tenants ...string) []*Taken {
	t.Helper()
	jobs, err := q.Take(t.Context(), worker, tenants, moment)
	require.NoError(t, err)
	return jobs
}

// Each job is one worker's, until it is done or that worker is lost.
func TestJobsAreDoneOnceUnlessAWorkerIsLost(t *testing.T) {
	t.Parallel()
	q := open(t)
	for _, job := range []notes.Job{{Tenant: "acme", NoteID: "1"}, {Tenant: "acme", NoteID: "2"}, {Tenant: "beta", NoteID: "1"}} {
		require.NoError(t, q.Put(t.Context(), job))
	}
	first := take(t, q, "a", "acme", "beta")
	require.Len(t, first, 2, "one of each tenant")
	assert.Equal(t, []notes.Job{{Tenant: "acme", NoteID: "1"}, {Tenant: "beta", NoteID: "1"}}, []notes.Job{first[0].Job, first[1].Job})
	second := take(t, q, "b", "acme", "beta")
	require.Len(t, second, 1)
	assert.Equal(t, notes.Job{Tenant: "acme", NoteID: "2"}, second[0].Job)
	assert.Empty(t, take(t, q, "b", "acme", "beta"))
	require.NoError(t, q.Done(t.Context(), second[0]))

	q.Lost = moment
	for try := 2; try <= 3; try++ {
		time.Sleep(2 * moment)
		lost := take(t, q, "b", "acme")
		require.Len(t, lost, 1)
		assert.Equal(t, first[0].Job, lost[0].Job)
		assert.Equal(t, try, lost[0].Tries)
	}
	require.NoError(t, q.PutAside(t.Context(), first[0]))
	time.Sleep(2 * moment)
	assert.Empty(t, take(t, q, "b", "acme"))
	kept, err := q.client.XLen(t.Context(), aside("acme")).Result()
	require.NoError(t, err)
	assert.EqualValues(t, 1, kept)
	waiting, err := q.client.XLen(t.Context(), stream("acme")).Result()
	require.NoError(t, err)
	assert.Zero(t, waiting, "what is done takes no room")
}

// A job whose end was told in part is done.
func TestHalfDone(t *testing.T) {
	t.Parallel()
	q := open(t)
	assert.Empty(t, take(t, q, "a", "acme"))
	require.NoError(t, q.Put(t.Context(), notes.Job{Tenant: "acme", NoteID: "1"}))
	jobs := take(t, q, "a", "acme")
	require.Len(t, jobs, 1)
	require.NoError(t, q.client.XDel(t.Context(), stream("acme"), jobs[0].id).Err())
	q.Lost = moment
	time.Sleep(2 * moment)
	assert.Empty(t, take(t, q, "b", "acme"))
	had, err := q.client.XPending(t.Context(), stream("acme"), group).Result()
	require.NoError(t, err)
	assert.Zero(t, had.Count)
}

// A tenant's jobs do not fill the cache, nor another tenant's queue.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := open(t)
	for i := range MaxWaiting {
		require.NoError(t, q.Put(t.Context(), notes.Job{Tenant: "acme", NoteID: strconv.Itoa(i)}))
	}
	require.ErrorIs(t, q.Put(t.Context(), notes.Job{Tenant: "acme", NoteID: "more"}), notes.ErrTooMany)
	require.NoError(t, q.Put(t.Context(), notes.Job{Tenant: "beta", NoteID: "1"}))
}

// A full cache takes no job and loses none: those that wait are done, which makes room.
func TestFullCache(t *testing.T) {
	t.Parallel()
	q := open(t)
	assert.Empty(t, take(t, q, "a", "acme"))
	for _, id := range []string{"1", "2"} {
		require.NoError(t, q.Put(t.Context(), notes.Job{Tenant: "acme", NoteID: id}))
	}
	memory := func(bytes string) {
		require.NoError(t, q.client.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err()) // as components/cache has it
		require.NoError(t, q.client.ConfigSet(t.Context(), "maxmemory", bytes).Err())
	}
	memory("1")
	require.ErrorContains(t, q.Put(t.Context(), notes.Job{Tenant: "acme", NoteID: "3"}), "put a job into the queue: OOM ")
	for _, id := range []string{"1", "2"} {
		jobs := take(t, q, "a", "acme")
		require.Len(t, jobs, 1)
		assert.Equal(t, id, jobs[0].NoteID)
		require.NoError(t, q.Done(t.Context(), jobs[0]))
	}
	memory("0") // no bound
	require.NoError(t, q.Put(t.Context(), notes.Job{Tenant: "acme", NoteID: "3"}))
	assert.Len(t, take(t, q, "a", "acme"), 1)
}

// The secret is read again for each connection, and never quoted.
func TestSecretIsFollowed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	q := Open(folder, nil)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	require.ErrorContains(t, q.Ping(t.Context()), api.CacheFile)
	sampletest.Write(t, folder, api.CacheFile, "geheim")
	err := q.Ping(t.Context())
	require.ErrorContains(t, err, "the cache's secret is wrong")
	assert.NotContains(t, err.Error(), "geheim")
	sampletest.Cache(t, folder)
	require.NoError(t, q.Ping(t.Context()))
}
