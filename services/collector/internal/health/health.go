// Package health is an extension of the collector: it answers by HTTP whether the pipelines run.
package health

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.uber.org/zap"

	"github.com/genericcorp/platform/services/collector/api"
)

// Config says where it answers.
type Config struct {
	Endpoint string `mapstructure:"endpoint"` // ":13133"
}

// NewFactory makes the extension known to the collector.
func NewFactory() extension.Factory {
	return extension.NewFactory(component.MustNewType("health"), func() component.Config { return &Config{} },
		func(_ context.Context, set extension.Settings, config component.Config) (extension.Extension, error) {
			settings, _ := config.(*Config) // what the factory makes
			return &server{endpoint: settings.Endpoint, log: set.Logger}, nil
		}, component.StabilityLevelStable)
}

type server struct {
	endpoint string
	log      *zap.Logger
	ready    atomic.Bool
	http     *http.Server
}

// Start begins to answer: 503 until the pipelines run.
func (s *server) Start(ctx context.Context, _ component.Host) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.endpoint)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PathHealth, func(w http.ResponseWriter, _ *http.Request) {
		if !s.ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("cannot answer whether the collector works", zap.Error(err))
		}
	}()
	return nil
}

// Ready implements extensioncapabilities.PipelineWatcher.
func (s *server) Ready() error {
	s.ready.Store(true)
	return nil
}

// NotReady implements extensioncapabilities.PipelineWatcher.
func (s *server) NotReady() error {
	s.ready.Store(false)
	return nil
}

// Shutdown ends it.
func (s *server) Shutdown(ctx context.Context) error {
	if s.http == nil {
		return nil
	}
	return s.http.Shutdown(ctx)
}
