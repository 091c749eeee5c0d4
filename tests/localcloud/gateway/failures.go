package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// failures turns the emulator's failures into errors in AWS's sense, and logs them.
type failures struct{ log *slog.Logger }

// correct turns a failure of the emulator into an error that clients do not retry. They would repeat a 500 for minutes.
func (f failures) correct(response *http.Response) error {
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
	operation := awsapi.Operation(response.Request)
	f.log.Error("not implemented", "operation", operation, "status", response.StatusCode, "response", string(body))
	failure := awsapi.BadRequest(awsapi.NotImplemented, "the local cloud's emulator cannot serve %s (it responded with %d)", operation, response.StatusCode)
	header, content := failure.Encode(response.Request)
	header.Set("Content-Length", strconv.Itoa(len(content)))
	response.StatusCode, response.Status, response.Header = failure.Status, http.StatusText(failure.Status), header
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
		awsapi.SigningName(response.Request) != "s3"
}

// unreachable responds when the emulator itself does not.
func (f failures) unreachable(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // the client is gone
	}
	f.log.Error("emulator unreachable", "operation", awsapi.Operation(r), "error", err)
	if errors.Is(err, errTruncated) {
		awsapi.WriteError(w, r, &awsapi.Error{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: err.Error()})
		return
	}
	awsapi.WriteError(w, r, awsapi.BadRequest("LocalCloudUnavailable",
		"the local cloud's emulator does not respond to %s: %v", awsapi.Operation(r), err))
}
