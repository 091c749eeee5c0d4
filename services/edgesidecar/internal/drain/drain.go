// Package drain has the proxy finish what it has begun before it is stopped: by itself it would end with its first signal.
package drain

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/genericcorp/platform/services/edgesidecar/api"
)

// The proxy's administration. https://www.envoyproxy.io/docs/envoy/v1.40.0/operations/admin
const (
	// pathNotReady makes its health page say no, and has it end connections after the answers that it gives on them.
	pathNotReady = "/healthcheck/fail"
	// pathShut closes its listeners, so that nobody new comes in.
	pathShut = "/drain_listeners"
	// pathActive tells how many requests there are, as the line active of its statistics.
	pathActive = "/stats?filter=%5Ehttp.public.downstream_rq_active%24"
	active     = "http.public.downstream_rq_active: "
)

const (
	every    = 200 * time.Millisecond // between two looks at what is left
	patience = 5 * time.Second        // for one answer of the proxy's
)

// Drain drains one proxy.
type Drain struct {
	Admin  string        // its URL
	Hear   time.Duration // how long it goes on once it says that it is not ready
	Finish time.Duration // how long what it has begun may still take
}

// Handler answers the kubelet.
func (d *Drain) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PathReady, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET "+api.PathDrain, func(w http.ResponseWriter, r *http.Request) {
		if err := d.drain(r.Context()); err != nil {
			slog.Error("the proxy is stopped before it has finished", "cause", err)
			http.Error(w, "not finished", http.StatusInternalServerError)
			return
		}
		slog.Info("drained")
		w.WriteHeader(http.StatusOK)
	})
	return mux
}

func (d *Drain) drain(ctx context.Context) error {
	if _, err := d.ask(ctx, http.MethodPost, pathNotReady); err != nil {
		return err
	}
	if err := wait(ctx, d.Hear); err != nil {
		return err
	}
	if _, err := d.ask(ctx, http.MethodPost, pathShut); err != nil {
		return err
	}
	finishing, cancel := context.WithTimeout(ctx, d.Finish)
	defer cancel()
	for {
		left, err := d.ask(finishing, http.MethodGet, pathActive)
		if err != nil {
			return err
		}
		if left == active+"0" {
			return nil
		}
		if err := wait(finishing, every); err != nil {
			return fmt.Errorf("%s: %w", left, err)
		}
	}
}

// ask gives the first line of what the proxy answers.
func (d *Drain) ask(ctx context.Context, method, path string) (string, error) {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(soon, method, d.Admin+path, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("ask the proxy: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("ask the proxy: %w", err)
	}
	defer response.Body.Close() // it was read
	lines := bufio.NewScanner(response.Body)
	lines.Scan()
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("ask the proxy for %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK {
		//page:none the log of a proxy that is being stopped has it
		return "", fmt.Errorf("ask the proxy for %s: got status %d", path, response.StatusCode)
	}
	return strings.TrimSpace(lines.Text()), nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
