// Package s3 completes the emulator's Amazon S3.
package s3

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// service keeps the policies of buckets, and evaluates none. The emulator evaluates them without their conditions: one that
// refuses whoever comes without TLS would refuse everybody.
type service struct {
	emulator http.Handler

	mu       sync.Mutex
	policies map[string][]byte // by bucket
}

// New completes the emulator.
func New(emulator http.Handler) http.Handler {
	return &service{emulator: emulator, policies: map[string][]byte{}}
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key := BucketOf(r)
	ofBucket, ofPolicy := bucket != "" && key == "", r.URL.Query().Has("policy")
	switch {
	case ofBucket && ofPolicy && r.Method == http.MethodPut:
		s.put(w, r, bucket)
		return
	case ofBucket && ofPolicy && r.Method == http.MethodGet:
		if s.get(w, bucket) {
			return
		}
	case ofBucket && ofPolicy && r.Method == http.MethodDelete,
		// A new bucket begins without the policy of an older one of its name.
		ofBucket && r.Method == http.MethodPut && r.URL.RawQuery == "":
		s.keep(bucket, nil)
	}
	s.emulator.ServeHTTP(w, r)
}

// put lets the emulator say whether the bucket and the policy are right, and takes the policy from it again.
func (s *service) put(w http.ResponseWriter, r *http.Request, bucket string) {
	policy, err := awsapi.ReadBody(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	made := awsapi.Forward(s.emulator, r)
	if made.OK() {
		s.keep(bucket, policy)
		// Even when the client has gone meanwhile.
		remove := r.Clone(context.WithoutCancel(r.Context()))
		remove.Method, remove.Body, remove.ContentLength = http.MethodDelete, io.NopCloser(strings.NewReader("")), 0
		awsapi.Forward(s.emulator, remove)
	}
	made.Send(w)
}

// get responds with the policy that is kept, if one is.
func (s *service) get(w http.ResponseWriter, bucket string) bool {
	s.mu.Lock()
	policy, ok := s.policies[bucket]
	s.mu.Unlock()
	if !ok {
		return false // the emulator knows whether there is such a bucket
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(policy) // the client may be gone
	return true
}

func (s *service) keep(bucket string, policy []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if policy == nil {
		delete(s.policies, bucket)
		return
	}
	s.policies[bucket] = policy
}

// BucketOf reads the bucket and the object's key from the path, or the bucket from the host.
func BucketOf(r *http.Request) (bucket, key string) {
	if label, rest, ok := strings.Cut(r.Host, "."); ok && strings.HasPrefix(rest, "s3.") {
		return label, strings.TrimPrefix(r.URL.Path, "/")
	}
	bucket, key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return bucket, key
}
