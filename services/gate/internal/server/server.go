// Package server is gate on the network: what the proxy asks, by gRPC, and what the cluster asks about its health, by HTTP.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	alsv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"

	"github.com/genericcorp/platform/services/gate/api"
)

const (
	// mostQuestion bounds a message: the proxy passes on headers of at most a few KiB, and entries of its log in batches of 16 KiB.
	mostQuestion = 256 << 10
	mostStreams  = 1024             // at once on one connection: the proxy has one for each of its threads
	finish       = 10 * time.Second // for what is in flight
	readHeader   = 2 * time.Second
)

// connections of the proxy are never ended for their age. One carries its log, on a stream that lasts as long: what is under way when a stream
// ends is lost, since the proxy is answered nothing and sends nothing twice. It needs no other connection to find a gate that has come since,
// because it knows each gate's pod by DNS. One whose proxy is gone without a word is found by asking.
var connections = keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}

// Server serves until it is told to stop.
type Server struct {
	Authorization *Authorization
	AccessLog     *AccessLog
	Ready         func() error // does it know enough to let anybody in
}

// Run serves until the context ends, then answers what is in flight.
func (s *Server) Run(ctx context.Context, questions, probes net.Listener) error {
	g := grpc.NewServer(
		grpc.MaxRecvMsgSize(mostQuestion), grpc.MaxConcurrentStreams(mostStreams), grpc.ConnectionTimeout(readHeader),
		grpc.KeepaliveParams(connections),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	)
	authv3.RegisterAuthorizationServer(g, s.Authorization)
	alsv3.RegisterAccessLogServiceServer(g, s.AccessLog)
	alive := health.NewServer()
	healthv1.RegisterHealthServer(g, alive)
	h := &http.Server{Handler: s.health(ctx), ReadHeaderTimeout: readHeader, ReadTimeout: readHeader, WriteTimeout: readHeader, MaxHeaderBytes: 8 << 10}
	failed := make(chan error, 2)
	go func() { failed <- g.Serve(questions) }()
	go func() { failed <- h.Serve(probes) }()
	var err error
	open := 2
	select {
	case err = <-failed:
		open--
	case <-ctx.Done():
	}
	alive.Shutdown() // whoever asks is told to ask another
	s.AccessLog.stopping.Store(true)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer cancel()
	stopped := context.AfterFunc(stopping, g.Stop)
	defer stopped()
	g.GracefulStop()
	err = errors.Join(err, h.Shutdown(stopping))
	for ; open > 0; open-- {
		if ended := <-failed; ended != nil && !errors.Is(ended, http.ErrServerClosed) && !errors.Is(ended, grpc.ErrServerStopped) {
			err = errors.Join(err, ended)
		}
	}
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func (s *Server) health(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PathLive, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET "+api.PathReady, func(w http.ResponseWriter, _ *http.Request) {
		err := s.Ready()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		if err != nil {
			slog.Warn("not ready", "cause", err)
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	return mux
}
