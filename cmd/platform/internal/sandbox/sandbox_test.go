package sandbox

import (
	"context"
	"net"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// engine is one that remembers what it was asked, and calls a resource's first transform.
type engine struct {
	pulumirpc.UnimplementedResourceMonitorServer
	pulumirpc.UnimplementedEngineServer

	types []string
}

func (e *engine) RegisterResource(ctx context.Context, r *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	e.types = append(e.types, r.GetType())
	response := &pulumirpc.RegisterResourceResponse{Object: r.GetObject()}
	if len(r.GetTransforms()) == 0 {
		return response, nil
	}
	conn, err := grpc.NewClient(r.GetTransforms()[0].GetTarget(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	asked, err := proto.Marshal(&pulumirpc.TransformRequest{Type: r.GetType(), Custom: r.GetCustom(), Properties: r.GetObject()})
	if err != nil {
		return nil, err
	}
	answer, err := pulumirpc.NewCallbacksClient(conn).Invoke(ctx,
		&pulumirpc.CallbackInvokeRequest{Token: r.GetTransforms()[0].GetToken(), Request: asked})
	if err != nil {
		return nil, err
	}
	var transformed pulumirpc.TransformResponse
	if err := proto.Unmarshal(answer.GetResponse(), &transformed); err != nil {
		return nil, err
	}
	response.Object = transformed.GetProperties()
	return response, nil
}

// program answers the engine's callbacks.
type program struct {
	pulumirpc.UnimplementedCallbacksServer

	answer *pulumirpc.TransformResponse
}

func (p program) Invoke(_ context.Context, r *pulumirpc.CallbackInvokeRequest) (*pulumirpc.CallbackInvokeResponse, error) {
	if r.GetToken() != "of the program" {
		return nil, status.Error(codes.NotFound, "another token")
	}
	raw, err := proto.Marshal(p.answer)
	return &pulumirpc.CallbackInvokeResponse{Response: raw}, err
}

// serve serves on an address of the machine's own until the test ends.
func serve(t *testing.T, register func(*grpc.Server)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// start gives a wrapped engine and how the program sees it.
func start(t *testing.T) (*engine, *Sandbox, *grpc.ClientConn) {
	t.Helper()
	e := &engine{}
	address := serve(t, func(s *grpc.Server) { pulumirpc.RegisterResourceMonitorServer(s, e) })
	s, err := Serve(address, address)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.NoDirExists(t, s.dir)
	})
	conn, err := grpc.NewClient(s.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return e, s, conn
}

func TestWhatIsRefusedDoesNotReachTheEngine(t *testing.T) {
	t.Parallel()
	e, s, conn := start(t)
	monitor := pulumirpc.NewResourceMonitorClient(conn)
	_, err := monitor.RegisterResource(t.Context(), &pulumirpc.RegisterResourceRequest{Type: "aws:s3/bucket:Bucket", Name: "b", Custom: true})
	require.NoError(t, err)
	require.Empty(t, s.Refused())

	for range 2 {
		_, err = monitor.RegisterResource(t.Context(), &pulumirpc.RegisterResourceRequest{Type: "command:local:run", Name: "c", Custom: true})
		require.Equal(t, codes.PermissionDenied, status.Code(err))
	}
	_, err = monitor.ReadResource(t.Context(), &pulumirpc.ReadResourceRequest{Type: "command:local:read", Name: "c"})
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	_, err = monitor.Invoke(t.Context(), &pulumirpc.ResourceInvokeRequest{Tok: "command:local:run"})
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	_, err = monitor.RegisterPackage(t.Context(), &pulumirpc.RegisterPackageRequest{Name: "aws", DownloadUrl: "http://thief.example"})
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	_, err = monitor.RegisterResourceHook(t.Context(), &pulumirpc.RegisterResourceHookRequest{Name: "hook"})
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	_, err = pulumirpc.NewEngineClient(conn).StartDebugging(t.Context(), &pulumirpc.StartDebuggingRequest{})
	require.Equal(t, codes.PermissionDenied, status.Code(err))

	require.Equal(t, []string{"aws:s3/bucket:Bucket"}, e.types)
	require.Len(t, s.Refused(), 6, "each once: %v", s.Refused())
}

// A program that says itself what a cluster told it.
func TestAKubeconfigOfTheProgramsOwn(t *testing.T) {
	t.Parallel()
	_, _, conn := start(t)
	monitor := pulumirpc.NewResourceMonitorClient(conn)
	evil := inputs(t, resource.PropertyMap{"kubeconfigJson": text("evil"), "kubeconfig": text("evil")})
	register := func(kind string, remote bool) error {
		_, err := monitor.RegisterResource(t.Context(), &pulumirpc.RegisterResourceRequest{Type: kind, Name: "x", Remote: remote, Object: evil})
		return err
	}
	provider := func() error {
		_, err := monitor.RegisterResource(t.Context(), &pulumirpc.RegisterResourceRequest{Type: "pulumi:providers:kubernetes", Name: "x", Custom: true,
			Object: inputs(t, resource.PropertyMap{"kubeconfig": text("evil")})})
		return err
	}
	require.NoError(t, register(clusterType, false))
	require.Equal(t, codes.PermissionDenied, status.Code(provider()))
	require.NoError(t, register(clusterType, true), "the provider of clusters answers")
	require.NoError(t, provider())
}

func TestTransformsAreAskedThroughTheRelayAndJudged(t *testing.T) {
	t.Parallel()
	good := &pulumirpc.TransformResponse{Properties: inputs(t, resource.PropertyMap{"name": text("changed")})}
	for _, test := range []struct {
		name    string
		answer  *pulumirpc.TransformResponse
		refused bool
	}{
		{"a change", good, false},
		{"another plugin", &pulumirpc.TransformResponse{Options: &pulumirpc.TransformResourceOptions{PluginDownloadUrl: "http://thief.example"}}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, s, conn := start(t)
			go relay(s.RelaySocket())
			callbacks := serve(t, func(s *grpc.Server) { pulumirpc.RegisterCallbacksServer(s, program{answer: test.answer}) })
			response, err := pulumirpc.NewResourceMonitorClient(conn).RegisterResource(t.Context(), &pulumirpc.RegisterResourceRequest{
				Type: "aws:s3/bucket:Bucket", Name: "b", Custom: true,
				Transforms: []*pulumirpc.Callback{{Target: callbacks, Token: "of the program"}},
			})
			if test.refused {
				require.Error(t, err)
				require.Len(t, s.Refused(), 1)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "changed", response.GetObject().GetFields()["name"].GetStringValue())
		})
	}
}

func TestACallbackElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	_, s, conn := start(t)
	for _, target := range []string{"unix:///var/run/docker.sock", "thief.example:80", "127.0.0.1:99999", ""} {
		_, err := pulumirpc.NewResourceMonitorClient(conn).RegisterStackTransform(t.Context(), &pulumirpc.Callback{Target: target, Token: "x"})
		require.Equal(t, codes.PermissionDenied, status.Code(err), target)
	}
	require.Len(t, s.Refused(), 4)
}

// The program is another user: it opens the sockets and lists nothing.
func TestSocketsAreOpenToTheProgram(t *testing.T) {
	t.Parallel()
	_, s, _ := start(t)
	for path, mode := range map[string]os.FileMode{s.dir: 0o711, s.socket(): 0o666, s.RelaySocket(): 0o666} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), path)
	}
}
