package s3

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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

// send returns the response, and whether the emulator was asked.
func send(service http.Handler, emulator *emulatedBucket, method, target, body string) (w *httptest.ResponseRecorder, forwarded bool) {
	w = httptest.NewRecorder()
	before := len(emulator.asked)
	service.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w, len(emulator.asked) > before
}

func TestPolicyIsKeptAndNotEvaluated(t *testing.T) {
	emulator := &emulatedBucket{}
	s := New(emulator)
	w, _ := send(s, emulator, http.MethodPut, "/archives?policy", `{"Statement":[]}`)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, []string{http.MethodPut, http.MethodDelete}, emulator.asked)
	assert.False(t, emulator.held, "the emulator has no policy to evaluate")

	w, forwarded := send(s, emulator, http.MethodGet, "/archives?policy", "")
	assert.False(t, forwarded)
	assert.JSONEq(t, `{"Statement":[]}`, w.Body.String())

	_, forwarded = send(s, emulator, http.MethodDelete, "/archives?policy", "")
	assert.True(t, forwarded)
	_, forwarded = send(s, emulator, http.MethodGet, "/archives?policy", "")
	assert.True(t, forwarded, "the emulator says that there is none")
}

func TestPolicyOfABucketThatDoesNotExistIsRefused(t *testing.T) {
	emulator := &emulatedBucket{}
	s := New(emulator)
	w, _ := send(s, emulator, http.MethodPut, "/nowhere?policy", `{}`)
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Equal(t, []string{http.MethodPut}, emulator.asked)
	_, forwarded := send(s, emulator, http.MethodGet, "/nowhere?policy", "")
	assert.True(t, forwarded)
}

func TestNewBucketHasNoPolicy(t *testing.T) {
	emulator := &emulatedBucket{}
	s := New(emulator)
	send(s, emulator, http.MethodPut, "/archives?policy", `{}`)
	_, forwarded := send(s, emulator, http.MethodPut, "/archives", "")
	assert.True(t, forwarded)
	_, forwarded = send(s, emulator, http.MethodGet, "/archives?policy", "")
	assert.True(t, forwarded)
}

func TestObjectsAreTheEmulators(t *testing.T) {
	for _, target := range []string{"/archives/a?policy", "/archives/a", "/"} {
		emulator := &emulatedBucket{}
		send(New(emulator), emulator, http.MethodPut, target, "")
		assert.Equal(t, []string{http.MethodPut}, emulator.asked, target)
	}
}
