package awsapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/beevik/etree"
)

// Response is what the emulator responded, kept until it is completed and sent.
type Response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Forward sends a request to the emulator and records its response.
func Forward(emulator http.Handler, r *http.Request) *Response {
	recorded := &Response{header: http.Header{}, status: http.StatusOK}
	emulator.ServeHTTP(recorded, r)
	return recorded
}

// QueryResponse is a response to an operation of the query protocol.
func QueryResponse(action string, result any) *Response {
	response := &Response{header: http.Header{}, status: http.StatusOK}
	WriteQuery(response, action, result)
	return response
}

// Header implements http.ResponseWriter.
func (r *Response) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *Response) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *Response) Write(content []byte) (int, error) { return r.body.Write(content) }

// OK reports whether the emulator did what it was asked for.
func (r *Response) OK() bool { return r.status < http.StatusMultipleChoices }

// Text is what the response says.
func (r *Response) Text() string { return r.body.String() }

// Send passes the response on.
func (r *Response) Send(w http.ResponseWriter) {
	for key, values := range r.header {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(r.body.Len()))
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body.Bytes()) // the client may be gone
}

// XML is the response's document, or nothing when it is none.
func (r *Response) XML() *etree.Document {
	document := etree.NewDocument()
	if document.ReadFromBytes(r.body.Bytes()) != nil {
		return nil
	}
	return document
}

// XMLText is the text at a path of a response that is XML, or nothing.
func (r *Response) XMLText(path string) string {
	if document := r.XML(); document != nil {
		if element := document.FindElement(path); element != nil {
			return element.Text()
		}
	}
	return ""
}

// RewriteXML changes a response that is XML. Another one stays as it is.
func (r *Response) RewriteXML(change func(document *etree.Document)) {
	document := r.XML()
	if document == nil {
		return
	}
	change(document)
	if content, err := document.WriteToBytes(); err == nil {
		r.body.Reset()
		r.body.Write(content)
	}
}

// RewriteJSON changes a response that is JSON and returns what the change did.
func (r *Response) RewriteJSON(change func(object) object) (map[string]any, error) {
	content := object{}
	if err := json.Unmarshal(r.body.Bytes(), &content); err != nil {
		return nil, fmt.Errorf("read the emulator's response: %w", err)
	}
	changed := change(content)
	r.body.Reset()
	if err := json.NewEncoder(&r.body).Encode(content); err != nil {
		return nil, err
	}
	return changed, nil
}
