package sandbox

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// monitor passes on what a program says of its resources.
type monitor struct {
	pulumirpc.UnimplementedResourceMonitorServer

	sandbox   *Sandbox
	engine    pulumirpc.ResourceMonitorClient
	callbacks *callbacks
	clusters  kubeconfigs
}

func (m *monitor) RegisterResource(ctx context.Context, r *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	requested := request{
		kind: r.GetType(), name: r.GetName(), managed: r.GetCustom() || r.GetRemote(), inputs: r.GetObject(),
		plugin: plugin{url: r.GetPluginDownloadURL(), checksums: len(r.GetPluginChecksums()), ref: r.GetPackageRef()},
		hooks:  r.GetHooks() != nil, variables: len(r.GetEnvVarMappings()),
	}
	if reason := m.clusters.check(requested); reason != "" {
		return nil, m.sandbox.refuse(reason)
	}
	for i, transform := range r.GetTransforms() {
		wrapped, err := m.callbacks.wrap(transform, &m.clusters)
		if err != nil {
			return nil, err
		}
		r.Transforms[i] = wrapped
	}
	response, err := m.engine.RegisterResource(ctx, r)
	if err == nil && r.GetType() == clusterType && r.GetRemote() { // else it is the program that says what a cluster has
		m.clusters.remember(response.GetObject())
	}
	return response, err
}

func (m *monitor) ReadResource(ctx context.Context, r *pulumirpc.ReadResourceRequest) (*pulumirpc.ReadResourceResponse, error) {
	requested := request{
		kind: r.GetType(), name: r.GetName(), managed: true, inputs: r.GetProperties(),
		plugin: plugin{url: r.GetPluginDownloadURL(), checksums: len(r.GetPluginChecksums()), ref: r.GetPackageRef()},
	}
	if reason := m.clusters.check(requested); reason != "" {
		return nil, m.sandbox.refuse(reason)
	}
	return m.engine.ReadResource(ctx, r)
}

func (m *monitor) Invoke(ctx context.Context, r *pulumirpc.ResourceInvokeRequest) (*pulumirpc.ResourceInvokeResponse, error) {
	from := plugin{url: r.GetPluginDownloadURL(), checksums: len(r.GetPluginChecksums()), ref: r.GetPackageRef()}
	if reason := checkFunction(r.GetTok(), from); reason != "" {
		return nil, m.sandbox.refuse(reason)
	}
	return m.engine.Invoke(ctx, r)
}

func (m *monitor) RegisterStackTransform(ctx context.Context, r *pulumirpc.Callback) (*emptypb.Empty, error) {
	wrapped, err := m.callbacks.wrap(r, &m.clusters)
	if err != nil {
		return nil, err
	}
	return m.engine.RegisterStackTransform(ctx, wrapped)
}

func (m *monitor) GetDeploymentInfo(ctx context.Context, r *emptypb.Empty) (*pulumirpc.DeploymentInfo, error) {
	return m.engine.GetDeploymentInfo(ctx, r)
}

func (m *monitor) SupportsFeature(ctx context.Context, r *pulumirpc.SupportsFeatureRequest) (*pulumirpc.SupportsFeatureResponse, error) {
	return m.engine.SupportsFeature(ctx, r)
}

func (m *monitor) RegisterResourceOutputs(ctx context.Context, r *pulumirpc.RegisterResourceOutputsRequest) (*emptypb.Empty, error) {
	return m.engine.RegisterResourceOutputs(ctx, r)
}

func (m *monitor) SignalAndWaitForShutdown(ctx context.Context, r *emptypb.Empty) (*emptypb.Empty, error) {
	return m.engine.SignalAndWaitForShutdown(ctx, r)
}

// log passes on what a program says to people.
type log struct {
	pulumirpc.UnimplementedEngineServer

	engine pulumirpc.EngineClient
}

func (l *log) Log(ctx context.Context, r *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	return l.engine.Log(ctx, r)
}

func (l *log) GetRootResource(ctx context.Context, r *pulumirpc.GetRootResourceRequest) (*pulumirpc.GetRootResourceResponse, error) {
	return l.engine.GetRootResource(ctx, r)
}

func (l *log) SetRootResource(ctx context.Context, r *pulumirpc.SetRootResourceRequest) (*pulumirpc.SetRootResourceResponse, error) {
	return l.engine.SetRootResource(ctx, r)
}

func (l *log) RequirePulumiVersion(ctx context.Context, r *pulumirpc.RequirePulumiVersionRequest) (*pulumirpc.RequirePulumiVersionResponse, error) {
	return l.engine.RequirePulumiVersion(ctx, r)
}
