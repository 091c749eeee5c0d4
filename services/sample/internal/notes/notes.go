// Package notes is what the application is about: notes of a tenant, and the one job that a note leaves behind. It knows neither
// HTTP nor PostgreSQL nor Redis.
//
//page:none the application's users see these, and the messages say what is right
package notes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/genericcorp/platform/services/sample/api"
)

// What callers tell apart.
var (
	ErrUnknownTenant = errors.New("this tenant is not known here")
	ErrSuspended     = errors.New("this tenant is suspended")
	ErrReadOnly      = errors.New("this tenant can only read")
	ErrNotFound      = errors.New("there is no such note")
	ErrTooMany       = errors.New("this tenant has too much in flight")
)

// Invalid is what a request has wrong.
type Invalid struct{ Problem string }

func (e *Invalid) Error() string { return e.Problem }

// Job is what a worker does for a note.
type Job struct {
	Tenant string
	NoteID string
}

// Store keeps the notes of each tenant in the tenant's own schema.
type Store interface {
	// Add keeps a note. One that has the key already is returned as it is, with made false.
	Add(ctx context.Context, tenant, key, text string) (note api.Note, made bool, err error)
	Get(ctx context.Context, tenant, id string) (api.Note, error)
	// List gives the newest notes.
	List(ctx context.Context, tenant string, most int) ([]api.Note, error)
	// SetWords keeps how many words a note has. It may be called again for the same note.
	SetWords(ctx context.Context, tenant, id string, words int) error
}

// Queue takes jobs. One that was taken is done at least once.
type Queue interface {
	Put(ctx context.Context, job Job) error
}

// Service is the application.
type Service struct {
	Store Store
	Queue Queue
}

// Add makes a note and leaves its job in the queue. When either fails, the caller tries again with the same key: the note is not
// made twice, and its job is not lost.
func (s Service) Add(ctx context.Context, tenant, key, text string) (note api.Note, made bool, err error) {
	if err := check(key, text); err != nil {
		return note, false, err
	}
	if note, made, err = s.Store.Add(ctx, tenant, key, text); err != nil {
		return note, false, err
	}
	if note.Words != nil {
		return note, made, nil
	}
	return note, made, s.Queue.Put(ctx, Job{Tenant: tenant, NoteID: note.ID})
}

func check(key, text string) error {
	var problems []string
	if key == "" || len(key) > api.MaxKey {
		problems = append(problems, fmt.Sprintf("%s: got %d characters, expected 1 to %d", api.HeaderIdempotencyKey, len(key), api.MaxKey))
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || strings.TrimSpace(text) == "" || len(text) > api.MaxText {
		problems = append(problems, fmt.Sprintf("text: got %d bytes, expected text of 1 to %d bytes", len(text), api.MaxText))
	}
	if len(problems) > 0 {
		return &Invalid{strings.Join(problems, "; ")}
	}
	return nil
}

// Do does a job. Doing it again changes nothing. A note that is gone needs nothing done.
func (s Service) Do(ctx context.Context, job Job) error {
	note, err := s.Store.Get(ctx, job.Tenant, job.NoteID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case note.Words != nil:
		return nil
	}
	return s.Store.SetWords(ctx, job.Tenant, job.NoteID, len(strings.Fields(note.Text)))
}
