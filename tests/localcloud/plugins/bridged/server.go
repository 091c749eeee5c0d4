package bridged

import (
	"context"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// server is the resource provider that the engine sees.
type server struct {
	pulumirpc.UnimplementedResourceProviderServer
	pkg       Package
	config    shape
	resources map[string]*translation
	functions map[string]*translation
	assets    files
	bridge    func(context.Context) (pulumirpc.ResourceProviderClient, error)
}

// A translation is a mapping made ready.
type translation struct {
	Mapping
	shape shape
	inner string // the bridge's token
}

func newServer(
	pkg Package, assets files, bridge func(context.Context) (pulumirpc.ResourceProviderClient, error),
) *server {
	s := &server{
		pkg: pkg, config: pkg.configShape(), assets: assets, bridge: bridge,
		resources: make(map[string]*translation, len(pkg.Resources)),
		functions: make(map[string]*translation, len(pkg.Functions)),
	}
	for _, m := range pkg.Resources {
		s.resources[m.Pulumi] = &translation{Mapping: m, shape: m.mustShape(), inner: m.innerToken(pkg.Name)}
	}
	for _, m := range pkg.Functions {
		s.functions[m.Pulumi] = &translation{Mapping: m, shape: m.mustShape(), inner: m.innerFunction(pkg.Name)}
	}
	return s
}

// outerTokens returns the outer tokens of the resources by inner token.
func (s *server) outerTokens() map[string]string {
	tokens := make(map[string]string, len(s.resources))
	for token, t := range s.resources {
		tokens[t.inner] = token
	}
	return tokens
}

func (s *server) resource(urn string) (*translation, error) {
	token := urnType(urn)
	t, ok := s.resources[token]
	if !ok {
		return nil, status.Errorf(codes.Unimplemented,
			"the local cloud does not serve %s: add it to the table of %s types", token, s.pkg.Name)
	}
	return t, nil
}

// GetPluginInfo returns the version whose names are served.
func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.pkg.Version}, nil
}

// GetSchema returns the package's name and version; its types are known to the programs' SDKs.
func (s *server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":%q,"version":%q}`, s.pkg.Name, s.pkg.Version)}, nil
}

// Attach is called by a debugger's engine; there is nothing to attach.
func (s *server) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Cancel asks the bridge to give up what it is doing.
func (s *server) Cancel(ctx context.Context, request *emptypb.Empty) (*emptypb.Empty, error) {
	bridge, err := s.bridge(ctx)
	if err != nil {
		return &emptypb.Empty{}, nil //nolint:nilerr // what never started need not be cancelled
	}
	return bridge.Cancel(ctx, request)
}

// CheckConfig validates the provider's configuration and returns it as it is.
func (s *server) CheckConfig(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	response, err := s.checkConfig(ctx, request)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: request.GetNews(), Failures: s.failures(s.config, response.GetFailures())}, nil
}

// checkConfig returns the configuration as the bridge requires it.
func (s *server) checkConfig(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	bridge, err := s.bridge(ctx)
	if err != nil {
		return nil, err
	}
	news, err := configToInner(s.config, request.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := configToInner(s.config, request.GetOlds())
	if err != nil {
		return nil, err
	}
	return bridge.CheckConfig(ctx, &pulumirpc.CheckRequest{Urn: request.GetUrn(), News: news, Olds: olds, Name: request.GetName()})
}

// DiffConfig compares two configurations of the provider.
func (s *server) DiffConfig(ctx context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	bridge, err := s.bridge(ctx)
	if err != nil {
		return nil, err
	}
	for _, object := range []**structpb.Struct{&request.Olds, &request.News, &request.OldInputs} {
		if *object, err = configToInner(s.config, *object); err != nil {
			return nil, err
		}
	}
	response, err := bridge.DiffConfig(ctx, request)
	if err != nil {
		return nil, err
	}
	return s.differences(s.config, response), nil
}

// Configure hands the configuration to the bridge. Resources and output values are not accepted: the engine passes ids
// and plain values instead, which is all that Terraform knows.
func (s *server) Configure(ctx context.Context, request *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	checked, err := s.checkConfig(ctx, &pulumirpc.CheckRequest{Urn: s.providerURN(request), News: request.GetArgs()})
	if err != nil {
		return nil, err
	}
	bridge, err := s.bridge(ctx)
	if err != nil {
		return nil, err
	}
	response, err := bridge.Configure(ctx, &pulumirpc.ConfigureRequest{
		Args: checked.GetInputs(), AcceptSecrets: request.GetAcceptSecrets(),
		SendsOldInputs: request.GetSendsOldInputs(), SendsOldInputsToDelete: request.GetSendsOldInputsToDelete(),
		Id: request.Id, Urn: request.Urn, Name: request.Name, Type: request.Type,
	})
	if err != nil {
		return nil, err
	}
	response.AcceptResources, response.AcceptOutputs = false, false
	return response, nil
}

func (s *server) providerURN(request *pulumirpc.ConfigureRequest) string {
	if urn := request.GetUrn(); urn != "" {
		return urn
	}
	return "urn:pulumi:stack::project::pulumi:providers:" + s.pkg.Name + "::default"
}

// Invoke calls a function.
func (s *server) Invoke(ctx context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	t, ok := s.functions[request.GetTok()]
	if !ok {
		return nil, status.Errorf(codes.Unimplemented,
			"the local cloud does not serve %s: add it to the table of %s functions", request.GetTok(), s.pkg.Name)
	}
	bridge, err := s.bridge(ctx)
	if err != nil {
		return nil, err
	}
	request.Tok = t.inner
	if request.Args, err = t.shape.toInner(request.GetArgs(), s.assets); err != nil {
		return nil, err
	}
	response, err := bridge.Invoke(ctx, request)
	if err != nil {
		return nil, err
	}
	response.Failures = s.failures(t.shape, response.GetFailures())
	response.Return, err = t.shape.toOuter(response.GetReturn(), s.assets)
	return response, err
}

// failures translates what a check found.
func (s *server) failures(names shape, found []*pulumirpc.CheckFailure) []*pulumirpc.CheckFailure {
	for _, failure := range found {
		failure.Property = names.pathToOuter(failure.GetProperty())
		failure.Reason = names.textToOuter(failure.GetReason())
	}
	return found
}

// differences translates what a diff found.
func (s *server) differences(names shape, response *pulumirpc.DiffResponse) *pulumirpc.DiffResponse {
	response.Replaces = names.pathsToOuter(response.GetReplaces())
	response.Stables = names.pathsToOuter(response.GetStables())
	response.Diffs = names.pathsToOuter(response.GetDiffs())
	detailed := make(map[string]*pulumirpc.PropertyDiff, len(response.GetDetailedDiff()))
	for path, difference := range response.GetDetailedDiff() {
		detailed[names.pathToOuter(path)] = difference
	}
	response.DetailedDiff = detailed
	return response
}
