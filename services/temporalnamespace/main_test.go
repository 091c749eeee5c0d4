package main

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// server is one that has a namespace or not, and is not ready at once.
type server struct {
	workflowservice.UnimplementedWorkflowServiceServer

	refuse    int // so many calls
	retention map[string]time.Duration
}

func (s *server) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{}, nil
}

func (s *server) RegisterNamespace(_ context.Context, r *workflowservice.RegisterNamespaceRequest) (*workflowservice.RegisterNamespaceResponse, error) {
	if s.refuse > 0 {
		s.refuse--
		return nil, serviceerror.ToStatus(serviceerror.NewInvalidArgument("not yet")).Err()
	}
	if _, exists := s.retention[r.GetNamespace()]; exists {
		return nil, serviceerror.ToStatus(serviceerror.NewNamespaceAlreadyExists("exists")).Err()
	}
	s.retention[r.GetNamespace()] = r.GetWorkflowExecutionRetentionPeriod().AsDuration()
	return &workflowservice.RegisterNamespaceResponse{}, nil
}

func (s *server) UpdateNamespace(_ context.Context, r *workflowservice.UpdateNamespaceRequest) (*workflowservice.UpdateNamespaceResponse, error) {
	s.retention[r.GetNamespace()] = r.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	return &workflowservice.UpdateNamespaceResponse{}, nil
}

func TestApply(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{refuse: 1, retention: map[string]time.Duration{}}
	serving := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(serving, s)
	go func() { _ = serving.Serve(listener) }() // until it is stopped
	t.Cleanup(serving.Stop)
	const day = 24 * time.Hour
	for _, retention := range []time.Duration{7 * day, 7 * day, 30 * day} {
		require.NoError(t, apply(t.Context(), listener.Addr().String(), "platform", retention))
		assert.Equal(t, map[string]time.Duration{"platform": retention}, s.retention)
	}
}

func TestApplyEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.Error(t, apply(ctx, "127.0.0.1:1", "platform", time.Hour))
}
