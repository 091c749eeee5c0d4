package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// errTruncated means that the emulator began a response and did not end it.
var errTruncated = errors.New("the emulator's response was cut short")

// bufferedTransport reads each response to its end before the client sees its beginning, so that one that breaks off becomes
// an error that clients retry, and not a broken document.
type bufferedTransport struct{ transport http.RoundTripper }

// RoundTrip implements http.RoundTripper. A client that goes away does not break off what the emulator has begun.
func (t bufferedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.transport.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // it was read as far as it went
	if err != nil {
		return nil, fmt.Errorf("%w after %d bytes: %w", errTruncated, len(body), err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if r.Method != http.MethodHead {
		response.ContentLength, response.TransferEncoding = int64(len(body)), nil
	}
	return response, nil
}
