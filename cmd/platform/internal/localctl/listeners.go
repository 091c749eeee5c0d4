package localctl

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/genericcorp/platform/internal/localcloud"
)

// Listeners shows the TLS listeners of the load balancers of a running local cloud.
func Listeners(ctx context.Context, state localcloud.State) (localcloud.Listeners, error) {
	var shown localcloud.Listeners
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, state.AWSEndpoint+localcloud.ListenersPath, http.NoBody)
	if err != nil {
		return shown, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return shown, fmt.Errorf("ask the local cloud for its load balancers: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		//page:none the local cloud is of another version than the command, and a new start mends it
		return shown, fmt.Errorf("ask the local cloud for its load balancers: it responds with %s", response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&shown); err != nil {
		return shown, fmt.Errorf("read the load balancers of the local cloud: %w", err)
	}
	return shown, nil
}
