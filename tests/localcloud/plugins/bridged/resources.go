package bridged

import (
	"context"
	"maps"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// Check names the resource, fills the defaults and lets the bridge validate the inputs.
func (s *server) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	t, bridge, err := s.enter(ctx, request.GetUrn())
	if err != nil {
		return nil, err
	}
	given := &structpb.Struct{Fields: maps.Clone(request.GetNews().GetFields())}
	if given.Fields == nil {
		given.Fields = map[string]*structpb.Value{}
	}
	named, err := t.applyName(request, given)
	if err != nil {
		return nil, err
	}
	for property, value := range t.Defaults {
		if _, set := given.GetFields()[property]; !set {
			given.Fields[property] = structpb.NewStringValue(value)
		}
	}
	request.Urn, request.Type = withType(request.GetUrn(), t.inner), t.inner
	if err := s.toInner(t, &request.Olds); err != nil {
		return nil, err
	}
	request.News = given
	if err := s.toInner(t, &request.News); err != nil {
		return nil, err
	}
	response, err := bridge.Check(ctx, request)
	if err != nil {
		return nil, s.outerError(t, err)
	}
	response.Failures = s.failures(t.shape, response.GetFailures())
	if response.Inputs, err = s.toOuter(t, response.GetInputs(), given); err != nil {
		return nil, err
	}
	if named != "" && response.GetInputs() != nil {
		mark(response.GetInputs(), named)
	}
	return response, nil
}

// Diff compares the state with the inputs.
func (s *server) Diff(ctx context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	t, bridge, err := s.enter(ctx, request.GetUrn())
	if err != nil {
		return nil, err
	}
	request.Urn, request.Type = withType(request.GetUrn(), t.inner), t.inner
	request.IgnoreChanges = t.shape.pathsToInner(request.GetIgnoreChanges())
	for _, object := range []**structpb.Struct{&request.Olds, &request.News, &request.OldInputs} {
		if err := s.toInner(t, object); err != nil {
			return nil, err
		}
	}
	request.Id, request.Olds, err = finish(ctx, bridge, &pulumirpc.ReadRequest{
		Id: request.GetId(), Urn: request.GetUrn(), Type: request.GetType(), Name: request.GetName(), Properties: request.GetOlds(),
	})
	if err != nil {
		return nil, s.outerError(t, err)
	}
	response, err := bridge.Diff(ctx, request)
	if err != nil {
		return nil, s.outerError(t, err)
	}
	response = s.differences(t.shape, response)
	response.DeleteBeforeReplace = response.GetDeleteBeforeReplace() || t.DeleteBeforeReplace
	return response, nil
}

// Create makes the resource, or returns in a preview what it would be.
func (s *server) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	t, bridge, err := s.enter(ctx, request.GetUrn())
	if err != nil {
		return nil, err
	}
	given := request.GetProperties()
	request.Urn, request.Type = withType(request.GetUrn(), t.inner), t.inner
	if err := s.toInner(t, &request.Properties); err != nil {
		return nil, err
	}
	response, err := bridge.Create(ctx, request)
	if err != nil {
		return nil, s.outerError(t, unfinished(err, request.GetProperties()))
	}
	response.Properties, err = s.toOuter(t, response.GetProperties(), given)
	return response, err
}

// Read reads the resource's state from the cloud.
func (s *server) Read(ctx context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	t, bridge, err := s.enter(ctx, request.GetUrn())
	if err != nil {
		return nil, err
	}
	state, inputs := request.GetProperties(), request.GetInputs()
	request.Urn, request.Type = withType(request.GetUrn(), t.inner), t.inner
	for _, object := range []**structpb.Struct{&request.Properties, &request.Inputs} {
		if err := s.toInner(t, object); err != nil {
			return nil, err
		}
	}
	response, err := bridge.Read(ctx, request)
	if err != nil {
		return nil, s.outerError(t, err)
	}
	if response.Properties, err = s.toOuter(t, response.GetProperties(), state); err != nil {
		return nil, err
	}
	if response.Inputs, err = s.toOuter(t, response.GetInputs(), inputs); err != nil {
		return nil, err
	}
	t.keepMark(inputs, response.GetInputs())
	return response, nil
}

// Update changes the resource in place.
func (s *server) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	t, bridge, err := s.enter(ctx, request.GetUrn())
	if err != nil {
		return nil, err
	}
	given := request.GetNews()
	request.Urn, request.Type = withType(request.GetUrn(), t.inner), t.inner
	request.IgnoreChanges = t.shape.pathsToInner(request.GetIgnoreChanges())
	for _, object := range []**structpb.Struct{&request.Olds, &request.News, &request.OldInputs} {
		if err := s.toInner(t, object); err != nil {
			return nil, err
		}
	}
	request.Id, request.Olds, err = finish(ctx, bridge, &pulumirpc.ReadRequest{
		Id: request.GetId(), Urn: request.GetUrn(), Type: request.GetType(), Name: request.GetName(), Properties: request.GetOlds(),
	})
	if err != nil {
		return nil, s.outerError(t, err)
	}
	response, err := bridge.Update(ctx, request)
	if err != nil {
		return nil, s.outerError(t, err)
	}
	response.Properties, err = s.toOuter(t, response.GetProperties(), given)
	return response, err
}

// Delete removes the resource.
func (s *server) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	t, bridge, err := s.enter(ctx, request.GetUrn())
	if err != nil {
		return nil, err
	}
	request.Urn, request.Type = withType(request.GetUrn(), t.inner), t.inner
	for _, object := range []**structpb.Struct{&request.Properties, &request.OldInputs} {
		if err := s.toInner(t, object); err != nil {
			return nil, err
		}
	}
	response, err := bridge.Delete(ctx, request)
	if err != nil {
		return nil, s.outerError(t, err)
	}
	return response, nil
}

// enter finds the translation of a resource and waits for the bridge.
func (s *server) enter(ctx context.Context, urn string) (*translation, pulumirpc.ResourceProviderClient, error) {
	t, err := s.resource(urn)
	if err != nil {
		return nil, nil, err
	}
	bridge, err := s.bridge(ctx)
	return t, bridge, err
}

func (s *server) toInner(t *translation, object **structpb.Struct) (err error) {
	*object, err = t.shape.toInner(*object, s.assets)
	return err
}

// toOuter translates a response; given are the outer values that the response is about.
func (s *server) toOuter(t *translation, response, given *structpb.Struct) (*structpb.Struct, error) {
	translated, err := t.shape.toOuter(response, s.assets)
	if err != nil {
		return nil, err
	}
	t.shape.restoreFiles(translated, given)
	return translated, nil
}

// outerError translates the names in an error and in the half-made resource that it may carry.
func (s *server) outerError(t *translation, err error) error {
	failed, ok := status.FromError(err)
	if !ok {
		return err
	}
	translated := status.New(failed.Code(), t.shape.textToOuter(failed.Message()))
	for _, detail := range failed.Details() {
		message, ok := detail.(protoadapt.MessageV1)
		if !ok {
			continue
		}
		if half, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			if properties, err := t.shape.toOuter(half.GetProperties(), s.assets); err == nil {
				half.Properties = properties
			}
			if inputs, err := t.shape.toOuter(half.GetInputs(), s.assets); err == nil {
				half.Inputs = inputs
			}
			for i, reason := range half.GetReasons() {
				half.Reasons[i] = t.shape.textToOuter(reason)
			}
		}
		if with, err := translated.WithDetails(message); err == nil {
			translated = with
		}
	}
	return translated.Err()
}
