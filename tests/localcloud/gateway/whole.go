package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// errCutShort says that the emulator began an answer and did not end it.
var errCutShort = errors.New("the emulator's answer was cut short")

// whole gives only whole answers: each is read to its end before the client sees its beginning, so that one that breaks
// off becomes an error that clients repeat, and not a broken document.
type whole struct{ transport http.RoundTripper }

// RoundTrip implements http.RoundTripper. A client that goes away does not break off what the emulator has begun.
func (t whole) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.transport.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // it was read as far as it went
	if err != nil {
		return nil, fmt.Errorf("%w after %d bytes: %w", errCutShort, len(body), err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if r.Method != http.MethodHead {
		response.ContentLength, response.TransferEncoding = int64(len(body)), nil
	}
	return response, nil
}
