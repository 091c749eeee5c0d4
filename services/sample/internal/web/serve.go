package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/genericcorp/platform/services/sample/api"
)

// Server answers whoever asks whether the program works, and what it is for.
type Server struct {
	Handler http.Handler                // nil: it is asked about its health alone
	Ready   func(context.Context) error // may it get requests
	Alive   func() bool                 // should it go on; nil: always
	Drain   time.Duration               // how long it serves once it is told to stop

	draining atomic.Bool
}

const (
	probeTimeout = 2 * time.Second
	finish       = 15 * time.Second // for requests in flight
)

// Run serves until the context ends, then says that it is not ready, serves for a while longer those who have not heard, and
// finishes what is in flight.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	time.Sleep(s.Drain)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return fmt.Errorf("finish what is in flight: %w", err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == api.PathLive:
		health(out, s.Alive == nil || s.Alive())
	case r.URL.Path == api.PathReady:
		health(out, s.ready(r.Context()))
	case s.Handler == nil:
		http.NotFound(out, r)
	default:
		s.Handler.ServeHTTP(out, r)
	}
}

func (s *Server) ready(ctx context.Context) bool {
	if s.draining.Load() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	err := s.Ready(ctx)
	if err != nil {
		slog.Warn("not ready", "cause", err)
	}
	return err == nil
}

func health(out http.ResponseWriter, well bool) {
	status := http.StatusOK
	if !well {
		status = http.StatusServiceUnavailable
	}
	write(out, status, map[string]bool{"ok": well})
}
