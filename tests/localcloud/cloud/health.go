package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// healthPath is where the supervisor answers how its processes are, beside the AWS API.
	healthPath = "/_localcloud/health"
	// healthLimit is how long a process may take to answer: the machine may be busy with a build.
	healthLimit = 10 * time.Second
	// healthEvery is the time between two looks at all processes.
	healthEvery = 30 * time.Second
)

// handler is the AWS API with the supervisor's own address beside it.
func (r *run) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.URL.Path == healthPath { // a mux would clean the paths of objects in buckets
			r.health(w, request)
			return
		}
		r.endpoint.gateway.ServeHTTP(w, request)
	})
}

// health answers with the reason for each process that does not serve, by name.
func (r *run) health(w http.ResponseWriter, request *http.Request) {
	ctx, cancel := context.WithTimeoutCause(request.Context(), healthLimit, fmt.Errorf("no answer in %s", healthLimit))
	defer cancel()
	sick := map[string]string{}
	for name, err := range r.group.Check(ctx) {
		sick[name] = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(sick) // the client may be gone
}

// askHealth asks the supervisor at the endpoint. The error says that it does not answer.
func askHealth(ctx context.Context, endpoint string) (sick map[string]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, healthLimit+5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+healthPath, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", healthPath, response.Status)
	}
	return sick, json.NewDecoder(response.Body).Decode(&sick)
}
