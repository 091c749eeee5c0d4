package awsapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
)

// RESTOperation is one operation of a service that has a path for each thing.
type RESTOperation = func(r *http.Request, in map[string]any) (map[string]any, error)

// RESTService serves operations of one service that speaks JSON with the operation in the method and path. One operation runs at
// a time.
type RESTService struct {
	sync.Mutex // held while an operation runs
	// Limit is how many bytes a request may have, unless it is the usual number.
	Limit int64

	mux      *http.ServeMux
	emulator http.Handler
}

// NewRESTService serves operations by their patterns ("GET /detector/{id}"); the rest is the emulator's.
func NewRESTService(emulator http.Handler, operations map[string]RESTOperation) *RESTService {
	s := &RESTService{mux: http.NewServeMux(), emulator: emulator}
	for pattern, operation := range operations {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, operation) })
	}
	return s
}

// ServeHTTP implements http.Handler.
func (s *RESTService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.emulator.ServeHTTP(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *RESTService) serve(w http.ResponseWriter, r *http.Request, operation RESTOperation) {
	body, err := ReadBodyUpTo(r, cmp.Or(s.Limit, bodyLimit))
	var tooLarge *Error
	if errors.As(err, &tooLarge) {
		WriteError(w, r, err)
		return
	}
	in := object{}
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &in)
	}
	if err != nil {
		WriteError(w, r, BadRequest("SerializationException", "%v", err))
		return
	}
	s.Lock()
	out, err := operation(r, in)
	var response []byte
	if err == nil {
		response, err = json.Marshal(out) // under the lock: it may be what the service keeps
	}
	s.Unlock()
	if err != nil {
		WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(response) // the client may be gone
}
