package gateway

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// bodyLimit bounds the requests that the gateway reads as a whole; it does not read uploads.
const bodyLimit = 16 << 20

// protocol is one of the ways in which AWS services are spoken to.
type protocol int

const (
	restProtocol  protocol = iota // method and path, JSON
	jsonProtocol                  // X-Amz-Target header, JSON
	queryProtocol                 // Action parameter, XML answers
)

func protocolOf(r *http.Request) protocol {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		return jsonProtocol
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"), signedFor(r) == "s3":
		return queryProtocol
	default:
		return restProtocol
	}
}

func (p protocol) contentType() string {
	switch p {
	case queryProtocol:
		return "text/xml"
	case jsonProtocol:
		return "application/x-amz-json-1.1"
	case restProtocol:
	}
	return "application/json"
}

// apiError is an error in AWS's sense.
type apiError struct {
	Status  int
	Code    string
	Message string
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func badRequest(code, format string, args ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

func notFound(code, format string, args ...any) *apiError {
	return &apiError{Status: http.StatusNotFound, Code: code, Message: fmt.Sprintf(format, args...)}
}

// failure is the error's form on the wire.
func (p protocol) failure(problem *apiError) []byte {
	if p == queryProtocol {
		var message bytes.Buffer
		_ = xml.EscapeText(&message, []byte(problem.Message)) // a buffer takes everything
		return fmt.Appendf(nil, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>"+
			"<RequestId>local</RequestId></ErrorResponse>", problem.Code, message.String())
	}
	content, _ := json.Marshal(map[string]string{"__type": problem.Code, "code": problem.Code, "message": problem.Message}) //nolint:errchkjson // strings alone
	return content
}

// writeError answers with an AWS error; any other error becomes one.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	var problem *apiError
	if !errors.As(err, &problem) {
		problem = badRequest("LocalCloudFailure", "%v", err)
	}
	p := protocolOf(r)
	w.Header().Set("Content-Type", p.contentType())
	w.Header().Set("X-Amzn-Errortype", problem.Code)
	w.WriteHeader(problem.Status)
	_, _ = w.Write(p.failure(problem)) // the client may be gone
}

// operationOf names what a request asks for, for messages.
func operationOf(r *http.Request) string {
	service := signedFor(r)
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, operation, _ := strings.Cut(target, ".")
		return service + ":" + operation
	}
	if operation := r.Form.Get("Action"); operation != "" {
		return service + ":" + operation
	}
	return service + " " + r.Method + " " + r.URL.Path
}

// peek reads the body and puts it back, so that the request can still be sent on.
func peek(r *http.Request) ([]byte, error) { return peekUpTo(r, bodyLimit) }

// peekUpTo is peek with a limit of its own.
func peekUpTo(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, &apiError{Status: http.StatusRequestEntityTooLarge, Code: "RequestTooLargeException",
			Message: fmt.Sprintf("the request is larger than %d bytes", limit)}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	return body, nil
}

// form reads the parameters of a query request, which stays usable.
func form(r *http.Request) (url.Values, error) {
	if r.Form != nil {
		return r.Form, nil
	}
	body, err := peek(r)
	if err != nil {
		return nil, err
	}
	r.Form, err = url.ParseQuery(string(body))
	return r.Form, err
}
