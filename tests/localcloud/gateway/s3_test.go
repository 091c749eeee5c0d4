package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// emulatedBucket is an emulator with one bucket, which counts what reaches it.
type emulatedBucket struct {
	asked []string
	held  bool // it has a policy
}

func (b *emulatedBucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.asked = append(b.asked, r.Method)
	if !strings.HasPrefix(r.URL.Path, "/archives") {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	b.held = r.Method == http.MethodPut
}

func askS3(s *s3, method, target, body string) (*httptest.ResponseRecorder, bool) {
	w := httptest.NewRecorder()
	served := s.serve(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w, served
}

func TestPolicyIsKeptAndNotEvaluated(t *testing.T) {
	emulator := &emulatedBucket{}
	s := newS3(emulator)
	w, served := askS3(s, http.MethodPut, "/archives?policy", `{"Statement":[]}`)
	require.True(t, served)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, []string{http.MethodPut, http.MethodDelete}, emulator.asked)
	assert.False(t, emulator.held, "the emulator has no policy to evaluate")

	w, served = askS3(s, http.MethodGet, "/archives?policy", "")
	require.True(t, served)
	assert.JSONEq(t, `{"Statement":[]}`, w.Body.String())

	_, served = askS3(s, http.MethodDelete, "/archives?policy", "")
	assert.False(t, served, "the emulator answers")
	_, served = askS3(s, http.MethodGet, "/archives?policy", "")
	assert.False(t, served, "the emulator says that there is none")
}

func TestPolicyOfABucketThatDoesNotExistIsRefused(t *testing.T) {
	s := newS3(&emulatedBucket{})
	w, served := askS3(s, http.MethodPut, "/nowhere?policy", `{}`)
	require.True(t, served)
	assert.Equal(t, http.StatusNotFound, w.Code)
	_, served = askS3(s, http.MethodGet, "/nowhere?policy", "")
	assert.False(t, served)
}

func TestNewBucketHasNoPolicy(t *testing.T) {
	s := newS3(&emulatedBucket{})
	askS3(s, http.MethodPut, "/archives?policy", `{}`)
	_, served := askS3(s, http.MethodPut, "/archives", "")
	assert.False(t, served)
	_, served = askS3(s, http.MethodGet, "/archives?policy", "")
	assert.False(t, served)
}

func TestObjectsAreTheEmulators(t *testing.T) {
	for _, target := range []string{"/archives/a?policy", "/archives/a", "/"} {
		_, served := askS3(newS3(&emulatedBucket{}), http.MethodPut, target, "")
		assert.False(t, served, target)
	}
}
