package supervise

import (
	"context"
	"fmt"
	"net/http"
)

// RespondsOK is ready when a GET of the address gets status 200.
func RespondsOK(client *http.Client, address string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s responds with %s", address, response.Status)
		}
		return nil
	}
}
