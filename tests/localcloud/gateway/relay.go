package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/beevik/etree"
)

// answer is what the emulator said, kept until it is completed and sent.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// relay asks the emulator, through the same proxy as everything else.
func relay(backend http.Handler, r *http.Request) *answer {
	a := &answer{header: http.Header{}, status: http.StatusOK}
	backend.ServeHTTP(a, r)
	return a
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(content []byte) (int, error) { return a.body.Write(content) }

// ok tells whether the emulator did what it was asked for.
func (a *answer) ok() bool { return a.status < http.StatusMultipleChoices }

// send passes the answer on.
func (a *answer) send(w http.ResponseWriter) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()) // the client may be gone
}

// rewrite changes an answer that is XML. An answer that is none stays as it is.
func (a *answer) rewrite(change func(document *etree.Document)) {
	document := etree.NewDocument()
	if err := document.ReadFromBytes(a.body.Bytes()); err != nil {
		return
	}
	change(document)
	if content, err := document.WriteToBytes(); err == nil {
		a.body.Reset()
		a.body.Write(content)
	}
}

// rewriteJSON changes an answer that is JSON and returns what the change did.
func (a *answer) rewriteJSON(change func(object) object) (object, error) {
	content := object{}
	if err := json.Unmarshal(a.body.Bytes(), &content); err != nil {
		return nil, fmt.Errorf("read the emulator's answer: %w", err)
	}
	changed := change(content)
	a.body.Reset()
	if err := json.NewEncoder(&a.body).Encode(content); err != nil {
		return nil, err
	}
	return changed, nil
}
