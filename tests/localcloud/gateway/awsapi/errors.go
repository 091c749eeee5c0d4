package awsapi

import (
	"errors"
	"fmt"
	"net/http"
)

// NotImplemented is the code of every operation that neither the gateway nor the emulator serves.
const NotImplemented = "NotImplementedByLocalCloud"

// Error is an error in AWS's sense.
type Error struct {
	Status  int
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// BadRequest is an Error with status 400.
func BadRequest(code, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

// NotFound is an Error with status 404.
func NotFound(code, format string, args ...any) *Error {
	return &Error{Status: http.StatusNotFound, Code: code, Message: fmt.Sprintf(format, args...)}
}

// WriteError responds with an AWS error; any other error becomes one.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	var failure *Error
	if !errors.As(err, &failure) {
		failure = BadRequest("LocalCloudFailure", "%v", err)
	}
	header, body := failure.Encode(r)
	for key, values := range header {
		w.Header()[key] = values
	}
	w.WriteHeader(failure.Status)
	_, _ = w.Write(body) // the client may be gone
}

// Encode is the error as the protocol of the request has it.
func (e *Error) Encode(r *http.Request) (http.Header, []byte) {
	p := protocolOf(r)
	return http.Header{"Content-Type": {p.contentType()}, "X-Amzn-Errortype": {e.Code}}, p.encodeError(e)
}
