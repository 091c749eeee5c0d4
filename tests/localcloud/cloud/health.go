package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
)

const (
	// healthPath is where the supervisor reports the health of its processes, beside the AWS API.
	healthPath = "/_localcloud/health"
	// healthLimit is how long a process may take to respond: the machine may be busy with a build.
	healthLimit = 10 * time.Second
	// healthEvery is the time between two checks of all processes.
	healthEvery = 30 * time.Second
)

// handler is the AWS API with the supervisor's own address beside it.
func (r *run) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		switch { // a mux would clean the paths of objects in buckets
		case request.URL.Path == healthPath:
			r.health(w, request)
			return
		case strings.HasPrefix(request.URL.Path, localcloud.NodesPath):
			r.serveNodes(w, request)
			return
		case request.URL.Path == localcloud.ListenersPath:
			r.serveListeners(w)
			return
		}
		r.endpoint.gateway.ServeHTTP(w, request)
	})
}

// health responds with the reason for each process that does not serve, by name.
func (r *run) health(w http.ResponseWriter, request *http.Request) {
	ctx, cancel := context.WithTimeoutCause(request.Context(), healthLimit, fmt.Errorf("no response in %s", healthLimit))
	defer cancel()
	unhealthy := map[string]string{}
	for name, err := range r.group.Check(ctx) {
		unhealthy[name] = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(unhealthy) // the client may be gone
}

// fetchHealth asks the supervisor at the endpoint. The error means that it does not respond.
func fetchHealth(ctx context.Context, endpoint string) (unhealthy map[string]string, err error) {
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
		return nil, fmt.Errorf("%s responds with %s", healthPath, response.Status)
	}
	return unhealthy, json.NewDecoder(response.Body).Decode(&unhealthy)
}
