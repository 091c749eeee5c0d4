package bridged

import (
	"context"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// engineRelay stands for the engine towards the bridge, so that what the bridge logs names resources as the engine knows
// them.
type engineRelay struct {
	pulumirpc.UnimplementedEngineServer
	engine pulumirpc.EngineClient
	outer  map[string]string // outer tokens by inner token
}

func newEngineRelay(address string, outer map[string]string) (*engineRelay, error) {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &engineRelay{engine: pulumirpc.NewEngineClient(connection), outer: outer}, nil
}

// Log passes a message on.
func (r *engineRelay) Log(ctx context.Context, request *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	if token, ok := r.outer[urnType(request.GetUrn())]; ok {
		request.Urn = withType(request.GetUrn(), token)
	}
	return r.engine.Log(ctx, request)
}

// urnParts counts the parts of a URN: urn:pulumi:stack, project, types, name. A name may hold the separator.
const urnParts = 4

// urnType returns the resource's own type in a URN.
func urnType(urn string) string {
	parts := strings.SplitN(urn, "::", urnParts)
	if len(parts) < urnParts {
		return ""
	}
	return parts[2][strings.LastIndex(parts[2], "$")+1:]
}

// withType replaces the resource's own type in a URN; the types of its parents stay.
func withType(urn, token string) string {
	parts := strings.SplitN(urn, "::", urnParts)
	if len(parts) < urnParts {
		return urn
	}
	parts[2] = parts[2][:strings.LastIndex(parts[2], "$")+1] + token
	return strings.Join(parts, "::")
}
