package gateway

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"
)

func request(t *testing.T, method, path, body string, encoded bool) []byte {
	t.Helper()
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RawPath: path, Headers: map[string]string{"stripe-signature": "t=1,v1=a"}, Body: body, IsBase64Encoded: encoded,
		RequestContext: events.APIGatewayV2HTTPRequestContext{HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: method, Path: path}},
	}
	payload, err := json.Marshal(event)
	require.NoError(t, err)
	return payload
}

func TestServe(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhook", func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		out.Header().Set("Retry-After", "10")
		out.WriteHeader(http.StatusAccepted)
		_, _ = out.Write([]byte(r.Header.Get("Stripe-Signature") + " " + string(body)))
	})
	for name, test := range map[string]struct {
		payload []byte
		want    int
		body    string
	}{
		"an event":       {request(t, http.MethodPost, "/webhook", "{}", false), http.StatusAccepted, "t=1,v1=a {}"},
		"encoded":        {request(t, http.MethodPost, "/webhook", base64.StdEncoding.EncodeToString([]byte("{}")), true), http.StatusAccepted, "t=1,v1=a {}"},
		"encoded wrong":  {request(t, http.MethodPost, "/webhook", "{}", true), http.StatusBadRequest, ""},
		"another path":   {request(t, http.MethodPost, "/", "{}", false), http.StatusNotFound, "404 page not found\n"},
		"another method": {request(t, http.MethodGet, "/webhook", "", false), http.StatusMethodNotAllowed, "Method Not Allowed\n"},
		"no method":      {request(t, "a b", "/webhook", "", false), http.StatusBadRequest, ""},
	} {
		require.True(t, IsRequest(test.payload), name)
		got, err := Serve(t.Context(), mux, test.payload)
		require.NoError(t, err, name)
		require.Equal(t, test.want, got.StatusCode, name)
		require.Equal(t, test.body, got.Body, name)
	}
	got, err := Serve(t.Context(), mux, request(t, http.MethodPost, "/webhook", "", false))
	require.NoError(t, err)
	require.Equal(t, "10", got.Headers["Retry-After"])
}

func TestIsRequest(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{`{"action":"run"}`, `{"version":"1.0","requestContext":{}}`, `{"version":"2.0"}`, `{`, ``} {
		require.False(t, IsRequest([]byte(payload)), payload)
	}
}
