package policies

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// These tests run the pack under the real engine. The test binary plays the pack and an AWS provider that creates
// nothing, by the name under which it is started.
const (
	providerBinary = "pulumi-resource-aws"
	createdFile    = "PRETENDED_CREATIONS"
	unknownMark    = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
)

func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case Program:
		Main()
	case providerBinary:
		serveFakeProvider()
	default:
		pulumitest.FindEngine()
		os.Exit(m.Run())
	}
}

// serveFakeProvider serves a provider that takes every resource as it is.
func serveFakeProvider() {
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(s *grpc.Server) error {
		pulumirpc.RegisterResourceProviderServer(s, &fakeProvider{})
		return nil
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(handle.Port)
	if err := <-handle.Done; err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type fakeProvider struct {
	pulumirpc.UnimplementedResourceProviderServer
}

func (*fakeProvider) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

func (*fakeProvider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{}, nil
}

func (*fakeProvider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

func (*fakeProvider) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

// Create invents an ARN, which nobody knows in a preview, and notes what it would have created.
func (*fakeProvider) Create(_ context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	name := r.GetUrn()[strings.LastIndex(r.GetUrn(), ":")+1:]
	arn := "arn:aws:pretended:us-east-1:111122223333:" + name
	if r.GetPreview() {
		arn = unknownMark
	} else if err := note(name); err != nil {
		return nil, err
	}
	properties := r.GetProperties()
	if properties.Fields == nil {
		properties.Fields = map[string]*structpb.Value{}
	}
	properties.Fields["arn"] = structpb.NewStringValue(arn)
	return &pulumirpc.CreateResponse{Id: name, Properties: properties}, nil
}

func note(name string) error {
	f, err := os.OpenFile(os.Getenv(createdFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, name)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (*fakeProvider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "6.83.2"}, nil
}

func (*fakeProvider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// pretended is any resource.
type pretended struct {
	pulumi.CustomResourceState

	Arn pulumi.StringOutput `pulumi:"arn"`
}

func declare(ctx *pulumi.Context, token, name string, inputs pulumi.Map, opts ...pulumi.ResourceOption) (*pretended, error) {
	r := &pretended{}
	err := ctx.RegisterResource(token, name, inputs, r, append(opts, pulumi.Version("6.83.2"))...)
	return r, err
}

// testStack is one stack under the real engine.
type testStack struct {
	stack   auto.Stack
	pack    string
	created string
}

// newTestStack makes a stack of an environment, with further configuration.
func newTestStack(t *testing.T, program pulumi.RunFunc, config map[string]any) *testStack {
	t.Helper()
	pulumitest.RequireEngine(t)
	dir, self := t.TempDir(), executable(t)
	plugin := filepath.Join(dir, "plugins", "resource-aws-v6.83.2")
	require.NoError(t, os.MkdirAll(plugin, 0o750))
	require.NoError(t, os.Symlink(self, filepath.Join(plugin, providerBinary)))
	pack := filepath.Join(dir, Program)
	require.NoError(t, os.Symlink(self, pack))
	created := filepath.Join(dir, "created")
	stack, err := auto.UpsertStackInlineSource(t.Context(), "test", "platform", program,
		auto.Project(workspace.Project{
			Name: tokens.PackageName("platform"), Runtime: workspace.NewProjectRuntimeInfo("go", nil),
			Backend: &workspace.ProjectBackend{URL: "file://" + dir},
		}),
		auto.PulumiHome(dir),
		auto.EnvVars(map[string]string{
			"PULUMI_CONFIG_PASSPHRASE": "test", "PULUMI_SKIP_UPDATE_CHECK": "true", createdFile: created,
			"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
		}))
	require.NoError(t, err)
	for key, value := range config {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		require.NoError(t, stack.SetConfig(t.Context(), key, auto.ConfigValue{Value: string(text)}))
	}
	return &testStack{stack: stack, pack: pack, created: created}
}

func executable(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return self
}

func (r *testStack) preview(t *testing.T) (string, error) {
	t.Helper()
	result, err := r.stack.Preview(t.Context(), optpreview.PolicyPacks(r.pack))
	return said(result.StdOut, result.StdErr, err), err
}

// up deploys as `up --skip-preview` does.
func (r *testStack) up(t *testing.T) (string, error) {
	t.Helper()
	result, err := r.stack.Up(t.Context(), optup.PolicyPacks(r.pack))
	return said(result.StdOut, result.StdErr, err), err
}

func said(out, errOut string, err error) string {
	if err != nil {
		return out + errOut + err.Error()
	}
	return out + errOut
}

func (r *testStack) creations(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(r.created)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	return strings.Fields(string(data))
}

const topSecret = "correct-horse-battery"

// topics has a topic whose key is unknown in a preview, and one without a key.
func topics(withKey bool) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		key, err := declare(ctx, "aws:kms/key:Key", "key", pulumi.Map{
			"enableKeyRotation": pulumi.Bool(true), "policy": pulumi.ToSecret(pulumi.String(topSecret)),
		})
		if err != nil {
			return err
		}
		inputs := pulumi.Map{"displayName": pulumi.ToSecret(pulumi.String(topSecret))}
		if withKey {
			inputs["kmsMasterKeyId"] = key.Arn
		}
		_, err = declare(ctx, "aws:sns/topic:Topic", "topic", inputs, pulumi.DependsOn([]pulumi.Resource{key}))
		return err
	}
}

var developmentSettings = map[string]any{"platform:settings": map[string]any{"environment": "dev", "budget": map[string]any{"monthlyLimitUsd": 450}}}

func TestEnginePassesWhatIsRight(t *testing.T) {
	t.Parallel()
	r := newTestStack(t, topics(true), developmentSettings)
	out, err := r.preview(t)
	require.NoError(t, err, out)
	assert.Contains(t, out, "Estimated USD")
	out, err = r.up(t)
	require.NoError(t, err, out)
	assert.Equal(t, []string{"key", "topic"}, r.creations(t))
	assert.NotContains(t, out, topSecret)
}

func TestEngineRefusesBeforeCreation(t *testing.T) {
	t.Parallel()
	r := newTestStack(t, topics(false), developmentSettings)
	for _, run := range []func(*testing.T) (string, error){r.preview, r.up} {
		out, err := run(t)
		require.Error(t, err)
		assert.Contains(t, out, "sns-encrypted: a topic must be encrypted with a KMS key, but kmsMasterKeyId is not set; set kmsMasterKeyId")
		assert.NotContains(t, out, topSecret)
	}
	assert.Equal(t, []string{"key"}, r.creations(t), "the topic was never created")
}

// gateways declares NAT gateways one after the other, each for USD 33.75 a month.
func gateways(n int) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var before []pulumi.Resource
		for i := range n {
			r, err := declare(ctx, "aws:ec2/natGateway:NatGateway", fmt.Sprintf("nat-%02d", i),
				pulumi.Map{"connectivityType": pulumi.String("private")}, pulumi.DependsOn(before))
			if err != nil {
				return err
			}
			before = []pulumi.Resource{r}
		}
		return nil
	}
}

func TestEngineStopsAtTheLimitWhileCreating(t *testing.T) {
	t.Parallel()
	r := newTestStack(t, gateways(15), developmentSettings)
	out, err := r.preview(t)
	require.Error(t, err)
	assert.Contains(t, out, "and USD 757.27 with USD 250.00 of 500 tenants and the limit is USD 450.00 (limits.yaml)")
	assert.Contains(t, out, "cost-nat-gateways: a stack must not have more NAT gateways than its environment allows, but it has 15 and 1 are allowed")
	assert.Empty(t, r.creations(t))
	out, err = r.up(t)
	require.Error(t, err)
	assert.Contains(t, out, "cost-limit-while-creating: no resource may be created that takes the stack over its monthly limit, "+
		"but with this resource, which costs USD 33.75, the stack would cost USD 203.52, and USD 453.52 with USD 250.00 of 500 tenants")
	assert.Len(t, r.creations(t), 5, "what still fits the limit with all tenants was created, and nothing beyond")
}

func TestEngineRefusesAnExpiredApproval(t *testing.T) {
	t.Parallel()
	r := newTestStack(t, topics(true), map[string]any{"policies:costLimit": map[string]any{
		"monthlyUsd": 3000, "approvedBy": "Chief Financial Officer", "reason": "Load test of the new tier before its launch.", "expires": "2026-11-22",
	}})
	out, err := r.up(t)
	require.Error(t, err)
	assert.Contains(t, out, "cost-limit-approved: a monthly limit above that of limits.yaml must be approved, and the approval must not have expired, "+
		"but the approval of USD 3000.00 by Chief Financial Officer expired on 2026-11-22")
	assert.Empty(t, r.creations(t))
}

func TestEngineNamesEveryMistakeOfTheConfiguration(t *testing.T) {
	t.Parallel()
	r := newTestStack(t, topics(true), map[string]any{
		"policies:costLimit":  map[string]any{"monthlyUsd": -1},
		"policies:exemptions": []any{map[string]any{"rule": "cost-limit"}},
	})
	out, err := r.preview(t)
	require.Error(t, err)
	for _, want := range []string{"policies:costLimit.monthlyUsd", "policies:costLimit.approvedBy", `exemptions[0].rule: got "cost-limit"`, "exemptions[0].expires"} {
		assert.Contains(t, out, want)
	}
}
