package bridged

import (
	"context"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// A creation that failed while what was made was awaited leaves that to the engine; any other leaves nothing.
func TestWhatIsAwaitedIsKept(t *testing.T) {
	t.Parallel()
	inputs := object(t, map[string]any{"identifier": "main-database", "multiAz": true})
	for message, id := range map[string]string{
		"1 error occurred: waiting for RDS DB Instance (main-database) create: operation error RDS: DescribeDBInstances, ExpiredToken": "main-database",
		"waiting for EC2 NAT Gateway (nat-0123) create: timeout while waiting for state":                                               "nat-0123",
		"waiting for EKS Add-On (cluster:coredns) create: unexpected state":                                                            "cluster:coredns",
		"creating RDS DB Instance (main-database): operation error RDS: CreateDBInstance, ExpiredToken":                                "",
		"waiting for RDS DB Instance (main-database) delete: timeout":                                                                  "",
	} {
		failed, ok := status.FromError(unfinished(status.Error(codes.Unknown, message), inputs))
		require.True(t, ok)
		assert.Equal(t, message, failed.Message())
		if id == "" {
			assert.Empty(t, failed.Details(), message)
			continue
		}
		require.Len(t, failed.Details(), 1, message)
		kept, ok := failed.Details()[0].(*pulumirpc.ErrorResourceInitFailed)
		require.True(t, ok)
		assert.Equal(t, id, kept.GetId())
		assert.Equal(t, []string{message}, kept.GetReasons())
		assert.Equal(t, map[string]any{"identifier": "main-database", "multiAz": true, "id": id, unfinishedMark: true}, kept.GetProperties().AsMap())
	}
	assert.NotContains(t, inputs.GetFields(), "id", "the inputs are the caller's")
}

// readable is a bridge that reads one resource.
type readable struct {
	pulumirpc.ResourceProviderClient
	id string
}

func (r readable) Read(context.Context, *pulumirpc.ReadRequest, ...grpc.CallOption) (*pulumirpc.ReadResponse, error) {
	return &pulumirpc.ReadResponse{Id: r.id, Properties: &structpb.Struct{Fields: map[string]*structpb.Value{"address": structpb.NewStringValue("here")}}}, nil
}

// A comparison and an update of what was left unfinished start from what there is now.
func TestWhatWasLeftUnfinishedIsReadFirst(t *testing.T) {
	t.Parallel()
	known := &pulumirpc.ReadRequest{Id: "main", Properties: object(t, map[string]any{"identifier": "main", unfinishedMark: true})}
	id, properties, err := finish(t.Context(), readable{id: "db-1"}, known)
	require.NoError(t, err)
	assert.Equal(t, "db-1", id)
	assert.Equal(t, map[string]any{"address": "here"}, properties.AsMap())

	_, _, err = finish(t.Context(), readable{}, known)
	require.ErrorContains(t, err, "is gone")

	known.Properties = object(t, map[string]any{"identifier": "main"})
	id, properties, err = finish(t.Context(), nil, known)
	require.NoError(t, err)
	assert.Equal(t, "main", id)
	assert.Equal(t, map[string]any{"identifier": "main"}, properties.AsMap(), "whole: nothing to do")
}
