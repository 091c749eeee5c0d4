package web

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
)

// store answers every request in one way, once it may.
type store struct {
	err error
	may chan struct{} // nil: at once
}

func (s store) Add(ctx context.Context, _, _, text string) (api.Note, bool, error) {
	if s.may != nil {
		select {
		case <-s.may:
		case <-ctx.Done():
			return api.Note{}, false, ctx.Err()
		}
	}
	return api.Note{ID: "1", Text: text}, true, s.err
}
func (s store) Get(context.Context, string, string) (api.Note, error) { return api.Note{}, s.err }
func (s store) List(context.Context, string, int) ([]api.Note, error) { return nil, s.err }
func (s store) SetWords(context.Context, string, string, int) error   { return s.err }
func (s store) Put(context.Context, notes.Job) error                  { return nil }
func handler(s store) *Web                                            { return New(notes.Service{Store: s, Queue: s}, ByHeader) }

func post(h http.Handler, kind, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, api.PathNotes, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set(api.HeaderTenant, "acme")
	r.Header.Set(api.HeaderIdempotencyKey, "1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Every failure has a status and a code, and tells nothing of the inside.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err    error
		status int
		code   api.Code
	}{
		{notes.ErrUnknownTenant, 403, api.CodeUnknownTenant}, {notes.ErrSuspended, 403, api.CodeSuspended}, {notes.ErrReadOnly, 403, api.CodeReadOnly},
		{notes.ErrNotFound, 404, api.CodeNotFound}, {notes.ErrTooMany, 429, api.CodeTooMany},
		{errors.New("password=geheim"), 503, api.CodeUnavailable}, {context.DeadlineExceeded, 503, api.CodeUnavailable},
	} {
		w := post(handler(store{err: test.err}), "application/json", `{"text": "a"}`)
		assert.Equal(t, test.status, w.Code, test.err)
		assert.NotContains(t, w.Body.String(), "geheim")
		var failure api.Error
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &failure))
		assert.Equal(t, test.code, failure.Code, test.err)
		assert.Equal(t, test.status == 429 || test.status == 503, w.Header().Get("Retry-After") == "1", test.err)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	h := handler(store{})
	for _, test := range []struct {
		kind, body string
		status     int
	}{
		{"application/json", `{"text": "a"}`, 201},
		{"application/json; charset=utf-8", `{"text": "a"}`, 201},
		{"text/plain", `{"text": "a"}`, 400},
		{"application/json", `{"text": "a", "tenant": "beta"}`, 400},
		{"application/json", `{"text": "a"} {"text": "b"}`, 400},
		{"application/json", `{"text": "` + strings.Repeat("a", maxBody) + `"}`, 400},
		{"application/json", ``, 400},
	} {
		assert.Equal(t, test.status, post(h, test.kind, test.body).Code, "%.40s", test.body)
	}
}

// More requests than there are places for are told to come back, and those that have one are served.
func TestRequestsInFlightAreBounded(t *testing.T) {
	t.Parallel()
	may := make(chan struct{})
	h := handler(store{may: may})
	served := make(chan int)
	for range maxInFlight {
		go func() { served <- post(h, "application/json", `{"text": "a"}`).Code }()
	}
	require.Eventually(t, func() bool { return len(h.places) == maxInFlight }, 5*time.Minute, time.Millisecond)
	w := post(h, "application/json", `{"text": "a"}`)
	assert.Equal(t, 503, w.Code)
	assert.Contains(t, w.Body.String(), api.CodeBusy)
	close(may)
	for range maxInFlight {
		assert.Equal(t, 201, <-served)
	}
}

// A server that is told to stop is not ready any more, still serves for a while, and finishes what it has begun.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	may := make(chan struct{})
	server := &Server{Handler: handler(store{may: may}), Ready: func(context.Context) error { return nil }, Alive: func() bool { return true }, Drain: time.Second}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	url := "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, listener) }()
	code := func(path string) int {
		response, err := http.Get(url + path)
		if err != nil {
			return 0
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	require.Equal(t, 200, code(api.PathReady))
	begun := make(chan int, 1)
	go func() {
		r, _ := http.NewRequest(http.MethodPost, url+api.PathNotes, strings.NewReader(`{"text": "a"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(api.HeaderIdempotencyKey, "1")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			begun <- 0
			return
		}
		_ = response.Body.Close()
		begun <- response.StatusCode
	}()
	web, _ := server.Handler.(*Web)
	require.Eventually(t, func() bool { return len(web.places) == 1 }, 5*time.Minute, time.Millisecond)
	stop()
	require.Eventually(t, func() bool { return server.draining.Load() }, 5*time.Minute, time.Millisecond)
	assert.False(t, server.ready(t.Context()))
	close(may)
	assert.Equal(t, 201, <-begun)
	require.NoError(t, <-ended)
	assert.Zero(t, code(api.PathReady))

	server = &Server{Ready: func(context.Context) error { return errors.New("no cache") }, Alive: func() bool { return false }}
	for _, path := range []string{api.PathReady, api.PathLive} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, 503, w.Code, path)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, api.PathNotes, nil))
	assert.Equal(t, 404, w.Code)
}

// tenants is a store that tells whose request it was.
type tenants struct{ store }

func (tenants) Add(_ context.Context, tenant, _, _ string) (api.Note, bool, error) {
	return api.Note{ID: tenant}, true, nil
}

// With the edge's keys a request's tenant is the one that the edge has signed, whatever else it says.
func TestByIdentity(t *testing.T) {
	t.Parallel()
	private, public, err := identity.NewKey("1")
	require.NoError(t, err)
	folder := t.TempDir()
	for name, key := range map[string]jose.JSONWebKey{"private": private, "public": public} {
		text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, 0o600))
	}
	signer, err := identity.NewSigner(filepath.Join(folder, "private"), "app.example")
	require.NoError(t, err)
	verifier, err := identity.NewVerifier(filepath.Join(folder, "public"), "app.example")
	require.NoError(t, err)
	h := New(notes.Service{Store: tenants{}, Queue: store{}}, ByIdentity(verifier))
	token, err := signer.Sign(identity.Identity{Tenant: "beta"}, time.Now())
	require.NoError(t, err)
	for sent, want := range map[string]int{token: http.StatusCreated, "": http.StatusForbidden, "beta": http.StatusForbidden, token + "x": http.StatusForbidden} {
		r := httptest.NewRequest(http.MethodPost, api.PathNotes, strings.NewReader(`{"text": "a"}`))
		r.Header = http.Header{"Content-Type": {"application/json"}, api.HeaderTenant: {"acme"}, api.HeaderIdempotencyKey: {"1"}, identity.Header: {sent}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, sent)
		if want == http.StatusCreated {
			assert.Contains(t, w.Body.String(), `"id":"beta"`)
		} else {
			assert.Contains(t, w.Body.String(), `"code":"identity-refused"`)
		}
	}
}
