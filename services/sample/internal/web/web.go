// Package web is the application by HTTP.
//
//page:none the application's users see these, and the log says more
package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
)

const (
	// maxInFlight is how many requests are served at once. More are told to come back, so that memory stays bounded.
	maxInFlight    = 64
	maxBody        = 2 * api.MaxText // as JSON
	requestTimeout = 8 * time.Second // above a new connection to the database and to the cache
	retryAfter     = "1"             // second
)

// Web serves the application.
type Web struct {
	service notes.Service
	tenant  Tenant
	places  chan struct{}
	mux     *http.ServeMux
}

// Tenant tells whose request it is. An error refuses it.
type Tenant func(*http.Request) (string, error)

// ByHeader believes the header api.HeaderTenant.
func ByHeader(r *http.Request) (string, error) { return r.Header.Get(api.HeaderTenant), nil }

// ByIdentity believes what the edge has signed.
func ByIdentity(verifier *identity.Verifier) Tenant {
	return func(r *http.Request) (string, error) {
		found, err := verifier.Verify(r.Header.Get(identity.Header), time.Now())
		return found.Tenant, err
	}
}

// New makes the handler of the application's own requests.
func New(service notes.Service, tenant Tenant) *Web {
	w := &Web{service: service, tenant: tenant, places: make(chan struct{}, maxInFlight), mux: http.NewServeMux()}
	w.mux.HandleFunc("POST "+api.PathNotes, w.handle(w.add))
	w.mux.HandleFunc("GET "+api.PathNotes, w.handle(w.list))
	w.mux.HandleFunc("GET "+api.NotePath("{id}"), w.handle(w.get))
	return w
}

// ServeHTTP implements http.Handler.
func (w *Web) ServeHTTP(out http.ResponseWriter, r *http.Request) { w.mux.ServeHTTP(out, r) }

// operation answers one request of a tenant.
type operation func(ctx context.Context, tenant string, r *http.Request) (status int, body any, err error)

// handle bounds an operation's number and time, and tells how it ended: nothing of what was read or written.
func (w *Web) handle(do operation) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		select {
		case w.places <- struct{}{}:
			defer func() { <-w.places }()
		default:
			fail(out, http.StatusServiceUnavailable, api.Error{Code: api.CodeBusy, Message: "too many requests at once: try again"})
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		began := time.Now()
		r.Body = http.MaxBytesReader(out, r.Body, maxBody)
		var status int
		var body any
		tenant, err := w.tenant(r)
		if err == nil {
			status, body, err = do(ctx, tenant, r)
		}
		log := slog.With("method", r.Method, "route", r.Pattern, "tenant", tenant, "milliseconds", time.Since(began).Milliseconds())
		if err == nil {
			log.Info("answered", "status", status)
			write(out, status, body)
			return
		}
		status, failure := explain(err)
		if status >= http.StatusInternalServerError {
			log.Error("failed", "status", status, "cause", err)
		} else {
			log.Info("refused", "status", status, "code", failure.Code, "cause", err)
		}
		fail(out, status, failure)
	}
}

// explain gives an error's status and what the caller is told: nothing of what went wrong inside.
func explain(err error) (int, api.Error) {
	var invalid *notes.Invalid
	switch {
	case errors.As(err, &invalid):
		return http.StatusBadRequest, api.Error{Code: api.CodeInvalid, Message: invalid.Problem}
	case errors.Is(err, identity.ErrRefused):
		return http.StatusForbidden, api.Error{Code: api.CodeIdentity, Message: identity.ErrRefused.Error()}
	case errors.Is(err, notes.ErrUnknownTenant):
		return http.StatusForbidden, api.Error{Code: api.CodeUnknownTenant, Message: notes.ErrUnknownTenant.Error()}
	case errors.Is(err, notes.ErrSuspended):
		return http.StatusForbidden, api.Error{Code: api.CodeSuspended, Message: notes.ErrSuspended.Error()}
	case errors.Is(err, notes.ErrReadOnly):
		return http.StatusForbidden, api.Error{Code: api.CodeReadOnly, Message: notes.ErrReadOnly.Error()}
	case errors.Is(err, notes.ErrNotFound):
		return http.StatusNotFound, api.Error{Code: api.CodeNotFound, Message: notes.ErrNotFound.Error()}
	case errors.Is(err, notes.ErrTooMany):
		return http.StatusTooManyRequests, api.Error{Code: api.CodeTooMany, Message: notes.ErrTooMany.Error()}
	}
	return http.StatusServiceUnavailable, api.Error{Code: api.CodeUnavailable, Message: "something that this needs does not answer: try again"}
}

func (w *Web) add(ctx context.Context, tenant string, r *http.Request) (int, any, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return 0, nil, &notes.Invalid{Problem: "Content-Type: expected application/json"}
	}
	var in api.NewNote
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return 0, nil, &notes.Invalid{Problem: "the body is not such a JSON document, or too large: " + err.Error()}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return 0, nil, &notes.Invalid{Problem: "the body goes on after its JSON document"}
	}
	note, made, err := w.service.Add(ctx, tenant, r.Header.Get(api.HeaderIdempotencyKey), in.Text)
	if made {
		return http.StatusCreated, note, err
	}
	return http.StatusOK, note, err
}

func (w *Web) list(ctx context.Context, tenant string, _ *http.Request) (int, any, error) {
	list, err := w.service.Store.List(ctx, tenant, api.MaxListed)
	return http.StatusOK, api.Notes{Notes: list}, err
}

func (w *Web) get(ctx context.Context, tenant string, r *http.Request) (int, any, error) {
	note, err := w.service.Store.Get(ctx, tenant, r.PathValue("id"))
	return http.StatusOK, note, err
}

func fail(out http.ResponseWriter, status int, failure api.Error) {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		out.Header().Set("Retry-After", retryAfter)
	}
	write(out, status, failure)
}

func write(out http.ResponseWriter, status int, body any) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(body) // the client may be gone
}
