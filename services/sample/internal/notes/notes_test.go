package notes_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
)

// memory is a store of one note, and a queue.
type memory struct {
	note    *api.Note
	jobs    []notes.Job
	sets    int
	putFail error
}

func (m *memory) Add(_ context.Context, _, _, text string) (api.Note, bool, error) {
	if m.note != nil {
		return *m.note, false, nil
	}
	m.note = &api.Note{ID: "1", Text: text}
	return *m.note, true, nil
}

func (m *memory) Get(context.Context, string, string) (api.Note, error) {
	if m.note == nil {
		return api.Note{}, notes.ErrNotFound
	}
	return *m.note, nil
}

func (m *memory) List(context.Context, string, int) ([]api.Note, error) { return nil, nil }

func (m *memory) SetWords(_ context.Context, _, _ string, words int) error {
	m.sets++
	m.note.Words = &words
	return nil
}

func (m *memory) Put(_ context.Context, job notes.Job) error {
	if m.putFail == nil {
		m.jobs = append(m.jobs, job)
	}
	return m.putFail
}

// A note whose job could not be left behind gets it when the caller tries again, and none once it is done.
func TestNoJobIsLost(t *testing.T) {
	t.Parallel()
	m := &memory{putFail: errors.New("the cache is gone")}
	service := notes.Service{Store: m, Queue: m}
	_, _, err := service.Add(t.Context(), "acme", "1", "two words")
	require.ErrorIs(t, err, m.putFail)
	m.putFail = nil
	_, made, err := service.Add(t.Context(), "acme", "1", "two words")
	require.NoError(t, err)
	assert.False(t, made)
	job := notes.Job{Tenant: "acme", NoteID: "1"}
	assert.Equal(t, []notes.Job{job}, m.jobs)
	for range 2 {
		require.NoError(t, service.Do(t.Context(), job))
	}
	assert.Equal(t, []int{2, 1}, []int{*m.note.Words, m.sets}, "doing it again changes nothing")
	_, _, err = service.Add(t.Context(), "acme", "1", "two words")
	require.NoError(t, err)
	assert.Len(t, m.jobs, 1)
	m.note = nil
	require.NoError(t, service.Do(t.Context(), job), "a note that is gone")
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	m := &memory{}
	long := strings.Repeat("a", api.MaxText+1)
	for _, test := range []struct{ key, text, want string }{
		{"", "a", "Idempotency-Key: got 0 characters, expected 1 to 100"},
		{strings.Repeat("k", 101), "a", "Idempotency-Key: got 101 characters, expected 1 to 100"},
		{"1", " ", "text: got 1 bytes, expected text of 1 to 10000 bytes"},
		{"1", "a\x00b", "text: got 3 bytes"},
		{"1", "\xff", "text: got 1 bytes"},
		{"", long, "Idempotency-Key: got 0 characters, expected 1 to 100; text: got 10001 bytes"},
	} {
		_, _, err := notes.Service{Store: m, Queue: m}.Add(t.Context(), "acme", test.key, test.text)
		var invalid *notes.Invalid
		require.ErrorAs(t, err, &invalid)
		assert.Contains(t, invalid.Problem, test.want)
	}
	assert.Nil(t, m.note)
}
