// Package awsapitest lets a test of an emulated service use AWS's own clients.
package awsapitest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/freeport"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Account is the account of a test.
var Account = awsapi.Account{ID: "123456789012", Region: "us-east-1"}

// Log is for services that log what a test does not read.
var Log = slog.New(slog.DiscardHandler)

// Unreachable stands for the emulator of a service that must not need it.
func Unreachable(t testing.TB) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s reaches the emulator", awsapi.Operation(r))
		awsapi.WriteError(w, r, awsapi.BadRequest("Forwarded", "forwarded"))
	})
}

// Config configures AWS clients of the service, which try once.
func Config(t testing.TB, service http.Handler) aws.Config {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return aws.Config{
		Region: Account.Region, BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	}
}

// FreePort is a port of 127.0.0.1 that nobody listens on now.
func FreePort(t testing.TB) int {
	t.Helper()
	ports, err := freeport.Choose(1)
	require.NoError(t, err)
	return ports[0]
}
