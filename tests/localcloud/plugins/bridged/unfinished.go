package bridged

import (
	"context"
	"fmt"
	"regexp"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// awaited finds, in the error of a creation, the id of what exists and was still awaited: the AWS provider sets the id before
// it waits, and says "waiting for RDS DB Instance (main) create: ..." in all its errors of that kind.
// https://hashicorp.github.io/terraform-provider-aws/error-handling/
var awaited = regexp.MustCompile(`waiting for [^()\n]+ \(([^()\s]+)\) creat(?:e|ion)\b`)

// unfinishedMark is in the state of a resource that exists and of which nothing was read yet.
const unfinishedMark = "__unfinished"

// unfinished lets the engine keep a resource whose creation failed while it was awaited, as the published plugin does, which
// is built on the bridge for SDKs (pkg/tfbridge, Create: initializationError). The dynamic bridge gives the error alone
// (pkg/pf/tfbridge, CreateWithContext), and the engine would forget what AWS has made. inputs are the bridge's.
func unfinished(err error, inputs *structpb.Struct) error {
	failed, ok := status.FromError(err)
	if !ok || len(failed.Details()) > 0 {
		return err
	}
	found := awaited.FindStringSubmatch(failed.Message())
	if found == nil {
		return err
	}
	properties, ok := proto.Clone(inputs).(*structpb.Struct)
	if !ok || properties.GetFields() == nil {
		return err
	}
	properties.Fields[unfinishedMark] = structpb.NewBoolValue(true)
	properties.Fields["id"] = structpb.NewStringValue(found[1])
	with, detailErr := status.New(codes.Unknown, failed.Message()).WithDetails(&pulumirpc.ErrorResourceInitFailed{
		Id: found[1], Properties: properties, Reasons: []string{failed.Message()},
	})
	if detailErr != nil {
		return err
	}
	return with.Err()
}

// finish gives the id and the state of a resource as they are now, if it was left unfinished, and else those that the engine has: so a
// comparison and an update start from what there is.
func finish(ctx context.Context, bridge pulumirpc.ResourceProviderClient, known *pulumirpc.ReadRequest) (string, *structpb.Struct, error) {
	if _, marked := known.GetProperties().GetFields()[unfinishedMark]; !marked {
		return known.GetId(), known.GetProperties(), nil
	}
	read, err := bridge.Read(ctx, &pulumirpc.ReadRequest{Id: known.GetId(), Urn: known.GetUrn(), Type: known.GetType(), Name: known.GetName()})
	switch {
	case err != nil:
		return "", nil, err
	case read.GetId() == "":
		return "", nil, fmt.Errorf("%s %s is gone, whose creation an earlier run could not await: refresh the state, and run again", known.GetType(), known.GetId())
	}
	return read.GetId(), read.GetProperties(), nil
}
