// Package gateway answers what API Gateway hands to a function, in its payload format 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// IsRequest tells whether a call is a request of HTTP.
func IsRequest(payload []byte) bool {
	var call struct {
		Version        string          `json:"version"`
		RequestContext json.RawMessage `json:"requestContext"`
	}
	return json.Unmarshal(payload, &call) == nil && call.Version == "2.0" && len(call.RequestContext) > 0
}

// Serve has a handler answer a request. A body that is too large for the handler is refused by it.
func Serve(ctx context.Context, handler http.Handler, payload []byte) (events.APIGatewayV2HTTPResponse, error) {
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("read the request: %w", err)
	}
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return events.APIGatewayV2HTTPResponse{StatusCode: http.StatusBadRequest}, nil //nolint:nilerr // whoever sent it is told
		}
		body = decoded
	}
	request, err := http.NewRequestWithContext(ctx, event.RequestContext.HTTP.Method, event.RawPath, bytes.NewReader(body))
	if err != nil {
		return events.APIGatewayV2HTTPResponse{StatusCode: http.StatusBadRequest}, nil //nolint:nilerr // whoever sent it is told
	}
	for name, value := range event.Headers {
		request.Header.Set(name, value)
	}
	out := &answer{header: http.Header{}}
	handler.ServeHTTP(out, request)
	response := events.APIGatewayV2HTTPResponse{StatusCode: out.status, Headers: map[string]string{}, Body: out.body.String()}
	for name := range out.header {
		response.Headers[name] = out.header.Get(name)
	}
	return response, nil
}

// answer implements http.ResponseWriter.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(text)
}
