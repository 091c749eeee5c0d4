package stacks_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/stacks"
)

// plan is what the program registers for one of the repository's stack files.
type plan struct {
	*pulumitest.Recorder
	outputs map[string]resource.PropertyMap // what components, and the stack itself, give out, by URN
}

// planOf runs the program on Pulumi.<stack>.yaml, with the secret that people store after the first clone.
func planOf(t *testing.T, stack string) *plan {
	t.Helper()
	p := &plan{}
	tap := &outputTap{outputs: map[string]resource.PropertyMap{}}
	p.Recorder = pulumitest.Run(t, stacks.Run, configOf(t, stack), pulumi.WrapResourceMonitorClient(tap.wrap))
	p.outputs = tap.outputs
	return p
}

// configOf gives a stack file as the engine passes it to the program.
func configOf(t *testing.T, stack string) pulumi.RunOption {
	t.Helper()
	data, err := os.ReadFile("../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	var file struct {
		Config struct {
			Region   string         `yaml:"aws:region"`
			Settings map[string]any `yaml:"platform:settings"`
		} `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	file.Config.Settings["monitoring"].(map[string]any)["betterStackUrl"] = "https://uptime.betterstack.example/hidden-token"
	settings, err := json.Marshal(file.Config.Settings)
	require.NoError(t, err)
	return func(info *pulumi.RunInfo) {
		info.Config = map[string]string{"aws:region": file.Config.Region, "platform:settings": string(settings)}
		info.ConfigSecretKeys = []string{"platform:settings"}
	}
}

// outputTap keeps the outputs that pass to the engine, which the mocks throw away.
type outputTap struct {
	pulumirpc.ResourceMonitorClient
	mu      sync.Mutex
	outputs map[string]resource.PropertyMap
}

func (o *outputTap) wrap(inner pulumirpc.ResourceMonitorClient) pulumirpc.ResourceMonitorClient {
	o.ResourceMonitorClient = inner
	return o
}

func (o *outputTap) RegisterResourceOutputs(
	ctx context.Context, in *pulumirpc.RegisterResourceOutputsRequest, opts ...grpc.CallOption,
) (*emptypb.Empty, error) {
	outputs, err := plugin.UnmarshalProperties(in.GetOutputs(), plugin.MarshalOptions{KeepSecrets: true, KeepResources: true})
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	o.outputs[in.GetUrn()] = outputs
	o.mu.Unlock()
	return o.ResourceMonitorClient.RegisterResourceOutputs(ctx, in, opts...)
}

// urn is the name under which the engine knows a resource.
func urn(r pulumitest.Resource) string {
	var parent resource.URN
	if p := resource.URN(r.Parent); p != "" && p.Type() != resource.RootStackType {
		parent = p
	}
	parentType := ""
	if parent != "" {
		parentType = string(parent.QualifiedType()) + "$"
	}
	return "urn:pulumi:" + pulumitest.Stack + "::" + pulumitest.Project + "::" + parentType + r.Type + "::" + r.Name
}

// dependencies gives all that must exist before a resource can, near and far, children of components included.
func (p *plan) dependencies(t *testing.T, of string) []string {
	t.Helper()
	direct := map[string][]string{}
	for _, r := range p.All() {
		direct[urn(r)] = append(direct[urn(r)], r.Request.GetDependencies()...)
	}
	found := map[string]bool{}
	var follow func(urn string)
	follow = func(urn string) {
		for _, next := range direct[urn] {
			if !found[next] {
				found[next] = true
				follow(next)
			}
		}
	}
	require.Contains(t, direct, of)
	follow(of)
	return slices.Sorted(maps.Keys(found))
}
