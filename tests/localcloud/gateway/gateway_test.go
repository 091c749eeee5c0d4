package gateway

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// A response that breaks off becomes an error that clients retry, and is logged.
func TestResponseThatIsCutShort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = connection.Read(make([]byte, 4096))
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<half")
		_ = connection.Close()
	}()
	var log bytes.Buffer
	g, err := New(Config{Emulator: "http://" + listener.Addr().String(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	defer g.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action=SetTopicAttributes"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	g.ServeHTTP(w, r)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "ServiceUnavailable")
	require.NotContains(t, w.Body.String(), "<half")
	require.Contains(t, log.String(), "cut short")
}

func TestRequestsReachTheServiceThatTheyAreSignedFor(t *testing.T) {
	t.Parallel()
	var forwarded []string
	emulator := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { forwarded = append(forwarded, r.URL.Path) }))
	t.Cleanup(emulator.Close)
	g, err := New(Config{Emulator: emulator.URL, Account: awsapitest.Account, Log: awsapitest.Log})
	require.NoError(t, err)
	t.Cleanup(g.Close)
	get := func(path, service string) string {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w.Body.String()
	}
	require.JSONEq(t, `{"clusters":[]}`, get("/clusters", "eks"))
	require.Empty(t, forwarded)
	get("/clusters", "kafka")
	get("/unknown", "eks")
	g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/unsigned", http.NoBody))
	require.Equal(t, []string{"/clusters", "/unknown", "/unsigned"}, forwarded)
	registry := httptest.NewRecorder()
	g.ServeHTTP(registry, httptest.NewRequest(http.MethodGet, "/v2/", http.NoBody))
	require.Equal(t, http.StatusUnauthorized, registry.Code)
	require.JSONEq(t, `{"items":[]}`, get("/v2/apis", "apigateway"), "a path of the registry in a request of AWS's")
	stripe := httptest.NewRequest(http.MethodGet, "/v1/customers?limit=1", http.NoBody)
	stripe.Header.Set("Authorization", "Bearer sk_test_1")
	customers := httptest.NewRecorder()
	g.ServeHTTP(customers, stripe)
	require.Contains(t, customers.Body.String(), `"url":"/v1/customers"`, "with a key of Stripe's")
	get("/v1/customers", "batch")
	get("/restapis", "apigateway")
	require.Equal(t, []string{"/clusters", "/unknown", "/unsigned", "/v1/customers", "/restapis"}, forwarded)

	r := httptest.NewRequest(http.MethodGet, "/clusters?X-Amz-Credential=local/20260101/us-east-1/eks/aws4_request", http.NoBody)
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	require.JSONEq(t, `{"clusters":[]}`, w.Body.String(), "a presigned request")
}

// Clients would repeat a 500 for minutes.
func TestFailureOfTheEmulatorIsNotRetried(t *testing.T) {
	t.Parallel()
	emulator := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(emulator.Close)
	g, err := New(Config{Emulator: emulator.URL, Log: awsapitest.Log})
	require.NoError(t, err)
	t.Cleanup(g.Close)
	r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
	r.Header.Set("X-Amz-Target", "Service.DoIt")
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "NotImplementedByLocalCloud")
	require.Contains(t, w.Body.String(), ":DoIt")
}
