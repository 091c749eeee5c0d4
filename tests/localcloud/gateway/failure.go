package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// notImplemented is the code of every operation that neither the gateway nor the emulator serves.
const notImplemented = "NotImplementedByLocalCloud"

// correct turns a failure of the emulator into an error that clients do not retry. They would repeat a 500 for minutes.
func (g *Gateway) correct(response *http.Response) error {
	if !failed(response) {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	operation := operationOf(response.Request)
	g.config.Log.Error("not implemented", "operation", operation, "status", response.StatusCode, "answer", string(body))
	problem := &apiError{
		Status: http.StatusBadRequest, Code: notImplemented,
		Message: fmt.Sprintf("the local cloud's emulator cannot serve %s (it answered %d)", operation, response.StatusCode),
	}
	protocol := protocolOf(response.Request)
	content := protocol.failure(problem)
	response.StatusCode, response.Status = problem.Status, http.StatusText(problem.Status)
	response.Header = http.Header{
		"Content-Type":     {protocol.contentType()},
		"Content-Length":   {strconv.Itoa(len(content))},
		"X-Amzn-Errortype": {problem.Code},
	}
	response.ContentLength = int64(len(content))
	response.Body = io.NopCloser(bytes.NewReader(content))
	return nil
}

// failed recognises the emulator's own failures: any 5xx, and its web framework's page for an unknown path.
func failed(response *http.Response) bool {
	if response.StatusCode >= http.StatusInternalServerError {
		return true
	}
	html := strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
	return html && (response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusMethodNotAllowed) &&
		signedFor(response.Request) != "s3"
}

// unreachable answers when the emulator itself does not.
func (g *Gateway) unreachable(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // the client is gone
	}
	g.config.Log.Error("emulator unreachable", "operation", operationOf(r), "error", err)
	if errors.Is(err, errCutShort) {
		writeError(w, r, &apiError{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: err.Error()})
		return
	}
	writeError(w, r, &apiError{
		Status: http.StatusBadRequest, Code: "LocalCloudUnavailable",
		Message: fmt.Sprintf("the local cloud's emulator does not answer %s: %v", operationOf(r), err),
	})
}
