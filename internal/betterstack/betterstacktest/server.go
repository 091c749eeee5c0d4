// Package betterstacktest is a stand-in for Better Stack's Uptime API, for tests. It has the rules of the real one that can hurt, each with
// its source, and can be made to fail.
package betterstacktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/genericcorp/platform/internal/betterstack"
)

// Token is what the stand-in lets in.
const Token = "stand-in-token-ZrT4kQx9"

// Server is the stand-in. Its methods may be called while it serves.
type Server struct {
	*httptest.Server

	mutex   sync.Mutex
	last    int
	objects map[string][]*object // by the path that they are at, the oldest first
	faults  []Fault
	calls   []string // method and path, without the query
}

type object struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	Attributes map[string]any `json:"attributes"`
}

// Fault is what happens to one call, and to no other.
type Fault struct {
	Method string // of the call that fails; the next with it
	Status int    // that is answered
	After  bool   // the call is carried out, and only its answer is lost
	Header http.Header
	Body   string
	Silent bool // nothing is answered at all: the connection is cut
}

// New serves until the test ends.
func New(t testing.TB) *Server {
	s := &Server{objects: map[string][]*object{}, last: 1000}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// Fail has calls fail, each once, in this order.
func (s *Server) Fail(faults ...Fault) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.faults = append(s.faults, faults...)
}

// Calls are those so far, such as "GET /api/v2/monitors".
func (s *Server) Calls() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.calls)
}

// Count is how many objects there are at a path.
func (s *Server) Count(path string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.objects[path])
}

// Put makes an object as somebody else would, and returns its ID.
func (s *Server) Put(path string, attributes map[string]any) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.add(path, attributes).ID
}

// Change changes an object as somebody else would.
func (s *Server) Change(path, id string, attributes map[string]any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	maps.Copy(s.find(path, id).Attributes, attributes)
}

// Remove removes an object as somebody else would.
func (s *Server) Remove(path, id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.remove(path, id)
}

// Attributes are those of an object; nil without one.
func (s *Server) Attributes(path, id string) map[string]any {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if o := s.find(path, id); o != nil {
		return maps.Clone(o.Attributes)
	}
	return nil
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	i := slices.IndexFunc(s.faults, func(f Fault) bool { return f.Method == r.Method })
	if i < 0 {
		s.handle(w, r)
		return
	}
	fault := s.faults[i]
	s.faults = slices.Delete(s.faults, i, i+1)
	if fault.After {
		s.handle(httptest.NewRecorder(), r)
	}
	if fault.Silent {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), fault.Header)
	w.WriteHeader(fault.Status)
	_, _ = w.Write([]byte(fault.Body))
}

// place tells a path of objects from one of a single object.
var place = regexp.MustCompile(`^(/api/v2/monitors|/api/v3/policies|/api/v2/status-pages(?:/\d+/(?:sections|resources))?)(?:/(\d+))?$`)

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	// Source: https://betterstack.com/docs/uptime/api/getting-started-with-uptime-api/; the text is of the API's answer to a token that it
	// does not know.
	if r.Header.Get("Authorization") != "Bearer "+Token {
		write(w, http.StatusUnauthorized, map[string]any{"errors": "Invalid Team API token. How to find your Team API token: " +
			"https://betterstack.com/docs/uptime/api/getting-started-with-better-uptime-api#obtaining-a-better-uptime-api-token"})
		return
	}
	parts := place.FindStringSubmatch(r.URL.Path)
	if parts == nil || !s.pageExists(parts[1]) {
		notFound(w)
		return
	}
	path, id := parts[1], parts[2]
	switch {
	case r.Method == http.MethodGet && id == "":
		s.list(w, path, r.URL.Query())
	case r.Method == http.MethodPost && id == "":
		s.create(w, r, path)
	case s.find(path, id) == nil:
		notFound(w)
	case r.Method == http.MethodGet:
		answer(w, http.StatusOK, s.find(path, id))
	case r.Method == http.MethodPatch:
		s.update(w, r, path, id)
	case r.Method == http.MethodDelete:
		s.remove(path, id)
		w.WriteHeader(http.StatusNoContent) // source: resource.go of Better Stack's Terraform provider
	default:
		notFound(w)
	}
}

// list gives 50 objects at once, or as many as are asked for, up to 250. Source: https://betterstack.com/docs/uptime/api/pagination.
// Monitors are filtered by name. Source: https://betterstack.com/docs/uptime/api/list-all-existing-monitors.
func (s *Server) list(w http.ResponseWriter, path string, query url.Values) {
	matching := []*object{}
	for _, o := range s.objects[path] {
		if name := query.Get("pronounceable_name"); name == "" || path != "/api/v2/monitors" || o.Attributes["pronounceable_name"] == name {
			matching = append(matching, o)
		}
	}
	per, page := number(query, "per_page", 50), number(query, "page", 1)
	per = min(per, 250)
	from, to := min((page-1)*per, len(matching)), min(page*per, len(matching))
	var next any
	if to < len(matching) {
		next = fmt.Sprintf("%s%s?page=%d&per_page=%d", s.URL, path, page+1, per)
	}
	write(w, http.StatusOK, map[string]any{"data": matching[from:to], "pagination": map[string]any{"next": next}})
}

func (s *Server) create(w http.ResponseWriter, r *http.Request, path string) {
	attributes, ok := s.accept(w, r, path, "", true)
	if ok {
		answer(w, http.StatusCreated, s.add(path, attributes))
	}
}

func (s *Server) update(w http.ResponseWriter, r *http.Request, path, id string) {
	if attributes, ok := s.accept(w, r, path, id, false); ok {
		o := s.find(path, id)
		maps.Copy(o.Attributes, attributes)
		answer(w, http.StatusOK, o)
	}
}

func (s *Server) add(path string, attributes map[string]any) *object {
	s.last++
	o := &object{ID: strconv.Itoa(s.last), Type: "object", Attributes: maps.Clone(defaults[path])}
	if o.Attributes == nil {
		o.Attributes = map[string]any{}
	}
	maps.Copy(o.Attributes, attributes)
	s.objects[path] = append(s.objects[path], o)
	return o
}

func (s *Server) find(path, id string) *object {
	for _, o := range s.objects[path] {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// remove takes what stands on a page with it.
func (s *Server) remove(path, id string) {
	s.objects[path] = slices.DeleteFunc(s.objects[path], func(o *object) bool { return o.ID == id })
	maps.DeleteFunc(s.objects, func(at string, _ []*object) bool { return strings.HasPrefix(at, path+"/"+id+"/") })
}

func (s *Server) pageExists(path string) bool {
	rest, ok := strings.CutPrefix(path, "/api/v2/status-pages/")
	if !ok {
		return true
	}
	id, _, _ := strings.Cut(rest, "/")
	return s.find("/api/v2/status-pages", id) != nil
}

func number(query url.Values, name string, otherwise int) int {
	if n, err := strconv.Atoi(query.Get(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func answer(w http.ResponseWriter, status int, o *object) {
	write(w, status, map[string]any{"data": o})
}

// Source: https://betterstack.com/docs/uptime/api/get-a-single-monitor.
func notFound(w http.ResponseWriter) {
	write(w, http.StatusNotFound, map[string]any{"errors": "Resource with provided ID was not found"})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Path is where the objects of a kind are.
func Path(token, page string) string {
	return strings.ReplaceAll(betterstack.Find(token).Path, "{page}", page)
}
