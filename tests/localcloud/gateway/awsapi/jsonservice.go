package awsapi

import (
	"encoding/json"
	"net/http"
	"sync"
)

// JSONOperation is one operation of the JSON protocol.
type JSONOperation = func(in map[string]any) (map[string]any, error)

// JSONService serves operations of one service that speaks JSON with the operation in a header. One operation runs at a time.
type JSONService struct {
	Operations map[string]JSONOperation // by name
	Emulator   http.Handler             // serves the other operations

	mu sync.Mutex
}

// ServeHTTP implements http.Handler.
func (s *JSONService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := JSONName(r)
	operation, known := s.Operations[name]
	if !known {
		s.Emulator.ServeHTTP(w, r)
		return
	}
	body, err := ReadBody(r)
	if err != nil {
		WriteError(w, r, err)
		return
	}
	in := object{}
	if err := json.Unmarshal(body, &in); err != nil {
		WriteError(w, r, BadRequest("SerializationException", "%s: %v", name, err))
		return
	}
	s.mu.Lock()
	out, err := operation(in)
	var response []byte
	if err == nil {
		response, err = json.Marshal(out) // under the lock: it may be what the service keeps
	}
	s.mu.Unlock()
	if err != nil {
		WriteError(w, r, err)
		return
	}
	WriteJSON(w, response)
}

// WriteJSON answers a request that speaks JSON.
func WriteJSON(w http.ResponseWriter, document []byte) {
	w.Header().Set("Content-Type", jsonProtocol.contentType())
	_, _ = w.Write(document) // the client may be gone
}
