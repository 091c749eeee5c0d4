package ssm_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/ssm"
)

func TestRecommendedRelease(t *testing.T) {
	t.Parallel()
	emulator := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "the emulator's", http.StatusTeapot) })
	ask := func(operation, name string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"Name": "`+name+`"}`))
		r.Header.Set("X-Amz-Target", "AmazonSSM."+operation)
		w := httptest.NewRecorder()
		ssm.New(awsapi.Account{Region: "us-east-1"}, emulator).ServeHTTP(w, r)
		return w.Body.String()
	}
	const release = "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/arm64/standard/recommended/release_version"
	assert.Contains(t, ask("GetParameter", release), `"Value":"1.35.0-20261101"`)
	assert.Contains(t, ask("GetParameter", "/mine"), "the emulator's")
	assert.Contains(t, ask("PutParameter", release), "the emulator's")
}
