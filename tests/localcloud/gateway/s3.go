package gateway

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
)

// s3 keeps the policies of buckets, and evaluates none. The emulator evaluates them without their conditions: one that
// refuses whoever comes without TLS would refuse everybody.
type s3 struct {
	backend http.Handler

	mu       sync.Mutex
	policies map[string][]byte // by bucket
}

func newS3(backend http.Handler) *s3 { return &s3{backend: backend, policies: map[string][]byte{}} }

func (s *s3) serve(w http.ResponseWriter, r *http.Request) bool {
	bucket, key := bucketOf(r)
	if bucket == "" || key != "" {
		return false
	}
	if !r.URL.Query().Has("policy") {
		if r.Method == http.MethodPut && r.URL.RawQuery == "" {
			s.keep(bucket, nil) // a new bucket begins without the policy of an older one of its name
		}
		return false
	}
	switch r.Method {
	case http.MethodPut:
		s.put(w, r, bucket)
	case http.MethodGet:
		return s.get(w, bucket)
	case http.MethodDelete:
		s.keep(bucket, nil)
		return false
	default:
		return false
	}
	return true
}

// put lets the emulator say whether the bucket and the policy are right, and takes the policy from it again.
func (s *s3) put(w http.ResponseWriter, r *http.Request, bucket string) {
	policy, err := peek(r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	made := relay(s.backend, r)
	if made.ok() {
		s.keep(bucket, policy)
		// Even when the client has gone meanwhile.
		remove := r.Clone(context.WithoutCancel(r.Context()))
		remove.Method, remove.Body, remove.ContentLength = http.MethodDelete, io.NopCloser(strings.NewReader("")), 0
		relay(s.backend, remove)
	}
	made.send(w)
}

func (s *s3) get(w http.ResponseWriter, bucket string) bool {
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

func (s *s3) keep(bucket string, policy []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if policy == nil {
		delete(s.policies, bucket)
		return
	}
	s.policies[bucket] = policy
}

// bucketOf reads the bucket and the object's key from the path, or the bucket from the host.
func bucketOf(r *http.Request) (bucket, key string) {
	if label, rest, ok := strings.Cut(r.Host, "."); ok && strings.HasPrefix(rest, "s3.") {
		return label, strings.TrimPrefix(r.URL.Path, "/")
	}
	bucket, key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return bucket, key
}
