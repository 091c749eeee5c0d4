package aws

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
)

// A missing archive is told from one that may not be read. What S3 answers is in its API reference, "GetObject" and "Error Responses".
func TestAMissingArchive(t *testing.T) {
	t.Parallel()
	answers := map[string]struct {
		status int
		code   string
	}{"/archives/missing": {http.StatusNotFound, "NoSuchKey"}, "/archives/denied": {http.StatusForbidden, "AccessDenied"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := answers[r.URL.Path]
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, "<Error><Code>"+answer.code+"</Code></Error>")
	}))
	t.Cleanup(server.Close)
	archives := Archives{Bucket: "archives", Client: s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})}
	_, err := archives.Get(t.Context(), "missing")
	require.ErrorIs(t, err, tenancy.ErrNoObject)
	_, err = archives.Get(t.Context(), "denied")
	require.ErrorContains(t, err, "AccessDenied")
	require.NotErrorIs(t, err, tenancy.ErrNoObject)
}
