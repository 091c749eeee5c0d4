// Package kubernetes serves pulumi-kubernetes resources on the local cloud: it applies each to the local API server, as the
// real provider does with server-side apply, and nothing more.
//
// What it does not do: it connects with the local cloud's own administrator kubeconfig and not with the one in the
// provider's configuration, whose credentials are made by calling AWS; it does not wait for workloads, because no node
// runs them here; it does not keep an object's status.
package kubernetes

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/genericcorp/platform/tests/localcloud/plugins/serving"
)

// version is the release of pulumi-kubernetes whose programs are served.
const version = "4.30.0"

// Serve is the plugin: it serves until the engine goes. args are what the engine gave.
func Serve(ctx context.Context, _ []string) error {
	ctx, cancel := serving.UntilEngineEnds(ctx)
	defer cancel()
	return serving.Provider(ctx, &provider{objects: newCluster()})
}

// objects is where the objects are.
type objects interface {
	apply(ctx context.Context, object object, dryRun bool) (object, error)
	read(ctx context.Context, identity identity) (object, bool, error)
	remove(ctx context.Context, identity identity) error
}

type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	objects objects
}

// GetPluginInfo returns the version that is served.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// GetSchema returns the package's name and version; its types are known to the programs' SDKs.
func (p *provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":"kubernetes","version":%q}`, version)}, nil
}

// Attach is called by a debugger's engine; there is nothing to attach.
func (p *provider) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Cancel has nothing to give up beyond the calls whose contexts end.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// CheckConfig accepts any configuration.
func (p *provider) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: request.GetNews()}, nil
}

// DiffConfig finds no difference that matters: the objects stay in the local API server whatever the configuration says.
func (p *provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure needs no API server: a provider may be configured and never used.
func (p *provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

// Check names the object.
func (p *provider) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if err := supported(request.GetUrn()); err != nil {
		return nil, err
	}
	news, err := propertiesOf(request.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := propertiesOf(request.GetOlds())
	if err != nil {
		return nil, err
	}
	if err := nameObject(request, olds, news); err != nil {
		return nil, err
	}
	inputs, err := structOf(news)
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: missing(news)}, err
}

// Diff asks the API server what the object would become and compares that with what it is.
func (p *provider) Diff(ctx context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := propertiesOf(request.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := propertiesOf(request.GetNews())
	if err != nil {
		return nil, err
	}
	if moved := movedPaths(olds, news); len(moved) > 0 {
		return replacement(moved, news), nil
	}
	if news.ContainsUnknowns() {
		asked, err := propertiesOf(request.GetOldInputs())
		return changed(asked, news), err
	}
	desired, err := objectOf(news)
	if err != nil {
		return nil, err
	}
	expected, err := p.objects.apply(ctx, desired, true)
	if isImmutable(err) {
		return replacement(changed(project(resource.NewProperty(news), resource.NewProperty(olds)).ObjectValue(), news).GetDiffs(), news), nil
	}
	if err != nil {
		return nil, failure("compare", desired, err)
	}
	return changed(olds, expected.properties()), nil
}

// Create applies the object; a preview asks the API server for a dry run when it can.
func (p *provider) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := propertiesOf(request.GetProperties())
	if err != nil {
		return nil, err
	}
	if request.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: request.GetProperties()}, p.dryRun(ctx, inputs)
	}
	desired, err := objectOf(inputs)
	if err != nil {
		return nil, err
	}
	made, err := p.objects.apply(ctx, desired, false)
	if err != nil {
		return nil, failure("create", desired, err)
	}
	state, err := structOf(made.properties())
	return &pulumirpc.CreateResponse{Id: made.identity().String(), Properties: state}, err
}

// dryRun applies the object without effect. What the deployment has yet to do is no mistake: make the object's namespace or
// its kind, delete the object that this one replaces.
func (p *provider) dryRun(ctx context.Context, inputs resource.PropertyMap) error {
	if inputs.ContainsUnknowns() {
		return nil
	}
	desired, err := objectOf(inputs)
	if err != nil {
		return err
	}
	if _, err := p.objects.apply(ctx, desired, true); err != nil && !isAbsent(err) && !isImmutable(err) {
		return failure("validate", desired, err)
	}
	return nil
}

// Read reads the object. The inputs that it returns are the old ones with the values that the object has now, so that a
// change made by hand is detected.
func (p *provider) Read(ctx context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	inputs, err := propertiesOf(request.GetInputs())
	if err != nil {
		return nil, err
	}
	identity, err := identityOf(request.GetUrn(), request.GetId())
	if err != nil {
		return nil, err
	}
	live, found, err := p.objects.read(ctx, identity)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", identity, err)
	}
	if !found {
		return &pulumirpc.ReadResponse{}, nil
	}
	state := live.properties()
	if len(inputs) == 0 {
		inputs = state
	} else {
		inputs = project(resource.NewProperty(inputs), resource.NewProperty(state)).ObjectValue()
	}
	properties, err := structOf(state)
	if err != nil {
		return nil, err
	}
	current, err := structOf(inputs)
	return &pulumirpc.ReadResponse{Id: request.GetId(), Properties: properties, Inputs: current}, err
}

// Update applies the object again; the API server drops what is no longer asked for.
func (p *provider) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	news, err := propertiesOf(request.GetNews())
	if err != nil {
		return nil, err
	}
	if request.GetPreview() {
		return &pulumirpc.UpdateResponse{Properties: request.GetNews()}, nil
	}
	desired, err := objectOf(news)
	if err != nil {
		return nil, err
	}
	made, err := p.objects.apply(ctx, desired, false)
	if err != nil {
		return nil, failure("update", desired, err)
	}
	state, err := structOf(made.properties())
	return &pulumirpc.UpdateResponse{Properties: state}, err
}

// Delete deletes the object and waits until it is gone.
func (p *provider) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	identity, err := identityOf(request.GetUrn(), request.GetId())
	if err != nil {
		return nil, err
	}
	if err := p.objects.remove(ctx, identity); err != nil {
		return nil, fmt.Errorf("delete %s: %w", identity, err)
	}
	return &emptypb.Empty{}, nil
}

// supported refuses the types of the package that are not one object of the API.
func supported(name string) error {
	token := string(urn.URN(name).Type())
	_, kind, _ := splitToken(token)
	if kind == "" || strings.HasPrefix(token, "kubernetes:helm.sh/") || strings.HasPrefix(token, "kubernetes:yaml") ||
		strings.HasPrefix(token, "kubernetes:kustomize") || strings.HasSuffix(kind, "Patch") || strings.HasSuffix(kind, "List") {
		return status.Errorf(codes.Unimplemented, "the local cloud does not serve %s: it serves single objects", token)
	}
	return nil
}

func missing(news resource.PropertyMap) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	for _, property := range []string{"apiVersion", "kind"} {
		if !news.HasValue(resource.PropertyKey(property)) {
			failures = append(failures, &pulumirpc.CheckFailure{Property: property, Reason: "is required"})
		}
	}
	return failures
}

func failure(verb string, o object, err error) error {
	return fmt.Errorf("%s %s: %w", verb, o.identity(), err)
}

func propertiesOf(object *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(object, plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true})
}

func structOf(properties resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}
