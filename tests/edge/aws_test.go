package edge_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// secrets answers what the provisioner asks of AWS Secrets Manager.
type secrets struct {
	url string

	mu     sync.Mutex
	values map[string]string // by ARN and stage
	// written is told of each value that became the current one.
	written func(arn, value string)
}

func newSecrets(t testing.TB) *secrets {
	t.Helper()
	s := &secrets{values: map[string]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *secrets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		SecretID      string `json:"SecretId"`
		VersionStage  string
		VersionStages []string
		SecretString  string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := map[string]string{"ARN": in.SecretID}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.") {
	case "GetSecretValue":
		value, found := s.values[in.SecretID+in.VersionStage]
		if !found {
			w.WriteHeader(http.StatusBadRequest)
			answer["__type"] = "ResourceNotFoundException"
		}
		answer["SecretString"] = value
	case "PutSecretValue":
		s.values[in.SecretID+in.VersionStages[0]] = in.SecretString
		if in.VersionStages[0] == current {
			s.written(in.SecretID, in.SecretString)
		}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

const current = "AWSCURRENT"
