// Package repositoriestest gives tests a registry of an account: it wants a token of ECR's, and keeps what is pushed in memory.
package repositoriestest

import (
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
)

// What the token has.
const (
	User     = "AWS"
	Password = "token"
)

// Address is where an environment has the images of that name.
func Address(image string) string {
	return "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-dev/" + image
}

// Start starts a registry that ends with the test, with repositories of those names, and gives its URL. Other operations of ECR's API than the
// login are answered by a function; nil: there are none.
func Start(t testing.TB, other func(operation string, w http.ResponseWriter, r *http.Request), images ...string) (r repositories.Repositories, url string) {
	t.Helper()
	contents := registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		switch operation {
		case "GetAuthorizationToken":
			token := base64.StdEncoding.EncodeToString([]byte(User + ":" + Password))
			_, _ = io.WriteString(w, `{"authorizationData": [{"proxyEndpoint": "`+server.URL+`", "authorizationToken": "`+token+`"}]}`)
		case "":
			user, password, _ := r.BasicAuth()
			if user != User || password != Password {
				w.Header().Set("Www-Authenticate", `Basic realm="test"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			contents.ServeHTTP(w, r)
		default:
			other(operation, w, r)
		}
	}))
	t.Cleanup(server.Close)
	r = repositories.Repositories{
		Config: aws.Config{
			Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		},
		Addresses: map[string]string{},
	}
	for _, image := range images {
		r.Addresses[image] = Address(image)
	}
	return r, server.URL
}
