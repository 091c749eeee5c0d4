package sandbox

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	rpc "github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
)

// inputs are properties as a program sends them.
func inputs(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	sent, err := rpc.MarshalProperties(properties, rpc.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
	})
	require.NoError(t, err)
	return sent
}

func text(value string) resource.PropertyValue { return resource.NewProperty(value) }

func unknown() resource.PropertyValue {
	return resource.NewProperty(resource.Output{Element: resource.NewProperty("")})
}

func TestResources(t *testing.T) {
	t.Parallel()
	const kubeconfig = `{"users":[{"user":{"exec":{"command":"aws"}}}]}`
	var clusters kubeconfigs
	clusters.remember(inputs(t, resource.PropertyMap{"kubeconfigJson": resource.MakeSecret(text(kubeconfig))}))
	file := func(path, uri string) resource.PropertyValue {
		return resource.NewProperty(resource.PropertyMap{"deep": resource.NewProperty([]resource.PropertyValue{
			resource.MakeSecret(resource.NewProperty(&asset.Asset{Sig: asset.AssetSig, Path: path, URI: uri})),
		})})
	}
	code := func(path string) resource.PropertyValue {
		return resource.NewProperty(&archive.Archive{Sig: archive.ArchiveSig, Path: path})
	}
	packed := resource.NewProperty(&archive.Archive{Sig: archive.ArchiveSig, Assets: map[string]any{
		"in.txt": &asset.Asset{Sig: asset.AssetSig, Path: "/etc/shadow"},
	}})
	for _, test := range []struct {
		name, kind string
		inputs     resource.PropertyMap
		refused    string // empty: it is let through
	}{
		{"a database", "aws:rds/instance:Instance", resource.PropertyMap{"password": resource.MakeSecret(text("x")), "kmsKeyId": unknown()}, ""},
		{"a function's code", "aws:lambda/function:Function", resource.PropertyMap{"code": code("bin/provisioner-arm64.zip")}, ""},
		{"a cluster", clusterType, resource.PropertyMap{"version": text("1.35")}, ""},
		{"a network policy", "kubernetes:networking.k8s.io/v1:NetworkPolicy", nil, ""},
		{"a reference", "pulumi:pulumi:StackReference", resource.PropertyMap{"name": text("organization/platform/dev")}, ""},
		{"AWS in another region", "pulumi:providers:aws", resource.PropertyMap{
			"region": text("eu-central-1"), "skipCredentialsValidation": text("false"), "skipMetadataApiCheck": resource.NewProperty(true),
		}, ""},
		{"a cluster's own provider", "pulumi:providers:kubernetes", resource.PropertyMap{
			"kubeconfig": resource.MakeSecret(text(kubeconfig)), "enableServerSideApply": text("true"),
		}, ""},
		{"the provider of a cluster to come", "pulumi:providers:kubernetes", resource.PropertyMap{"kubeconfig": unknown()}, ""},

		{"a command", "command:local:run", nil, "expected a type of the packages aws, betterstack, eks, kubernetes, random"},
		{"a provider of another package", "pulumi:providers:command", nil, "expected a type of"},
		{"a chart", "kubernetes:helm.sh/v3:Release", nil, "expected a type of"},
		{"a file of YAML", "kubernetes:yaml/v2:ConfigFile", nil, "expected a type of"},
		{"a folder", "kubernetes:kustomize/v2:Directory", nil, "expected a type of"},
		{"a type with a tail", "aws:s3/bucket:Bucket:x", nil, "expected a type of"},
		{"a type on two lines", "aws:s3/bucket:Bucket\ncommand:local:run", nil, "expected a type of"},
		{"the token's secret", "pulumi:providers:betterstack", resource.PropertyMap{
			"tokenSecretArn": text("arn:aws:secretsmanager:us-east-1:111122223333:secret:betterstack-secret-1234567-AbCdEf"),
		}, ""},
		{"the token's secret to come", "pulumi:providers:betterstack", resource.PropertyMap{"tokenSecretArn": unknown()}, ""},
		{"another secret", "pulumi:providers:betterstack", resource.PropertyMap{
			"tokenSecretArn": text("arn:aws:secretsmanager:us-east-1:111122223333:secret:billing-secret-1234567-AbCdEf"),
		}, `input "tokenSecretArn" is refused`},
		{"a monitor", "betterstack:index/monitor:Monitor", nil, ""},
		{"credentials by a program", "pulumi:providers:aws", resource.PropertyMap{"sharedConfigFiles": text(`["/tmp/config"]`)}, `input "sharedConfigFiles" is refused`},
		{"a profile", "pulumi:providers:aws", resource.PropertyMap{"profile": text("prod")}, `input "profile" is refused`},
		{"a secret profile", "pulumi:providers:aws", resource.PropertyMap{"profile": resource.MakeSecret(text("prod"))}, `input "profile" is refused`},
		{"another endpoint", "pulumi:providers:aws", resource.PropertyMap{"endpoints": text(`[{"sts":"http://thief.example"}]`)}, `input "endpoints" is refused`},
		{"a region that is a host", "pulumi:providers:aws", resource.PropertyMap{"region": text("x.thief.example/")}, `input "region" is refused`},
		{"another metadata service", "pulumi:providers:aws", resource.PropertyMap{"skipMetadataApiCheck": text("false")}, `input "skipMetadataApiCheck" is refused`},
		{"a plugin by input", "pulumi:providers:aws", resource.PropertyMap{"pluginDownloadURL": text("http://thief.example")}, `input "pluginDownloadURL" is refused`},
		{"a kubeconfig that runs a program", "pulumi:providers:kubernetes", resource.PropertyMap{
			"kubeconfig": text(`{"users":[{"user":{"exec":{"command":"/bin/sh"}}}]}`),
		}, `input "kubeconfig" is refused`},
		{"manifests to a folder", "pulumi:providers:kubernetes", resource.PropertyMap{"renderYamlToDirectory": text("/home")}, `input "renderYamlToDirectory" is refused`},
		{"a cluster by other credentials", clusterType, resource.PropertyMap{"providerCredentialOpts": resource.NewProperty(resource.PropertyMap{})},
			`input "providerCredentialOpts" is refused`},
		{"another's file", "aws:s3/bucketObjectv2:BucketObjectv2", resource.PropertyMap{"source": file("/etc/shadow", "")}, `the file "/etc/shadow"`},
		{"a file above", "aws:lambda/function:Function", resource.PropertyMap{"code": code("../../home")}, `the file "../../home"`},
		{"a file in an archive", "aws:lambda/function:Function", resource.PropertyMap{"code": packed}, `the file "/etc/shadow"`},
		{"a place on the network", "aws:s3/bucketObjectv2:BucketObjectv2", resource.PropertyMap{"source": file("", "http://169.254.169.254/")},
			`the file "http://169.254.169.254/"`},
	} {
		reason := clusters.check(request{kind: test.kind, name: "x", managed: true, inputs: inputs(t, test.inputs)})
		if test.refused == "" {
			require.Empty(t, reason, test.name)
			continue
		}
		require.Contains(t, reason, test.refused, test.name)
		require.Contains(t, reason, `resource "x" of type `, test.name)
	}
}

func TestComponentsAreTheProgramsOwn(t *testing.T) {
	t.Parallel()
	var clusters kubeconfigs
	require.Empty(t, clusters.check(request{kind: "genericcorp:network:Network"}))
	require.NotEmpty(t, clusters.check(request{kind: "genericcorp:network:Network", managed: true}))
	require.NotEmpty(t, clusters.check(request{kind: "pulumi:providers:command"}), "the engine knows a provider by its type alone")
}

func TestPlugins(t *testing.T) {
	t.Parallel()
	var clusters kubeconfigs
	const bucket = "aws:s3/bucket:Bucket"
	for _, r := range []request{
		{plugin: plugin{url: "http://thief.example"}}, {plugin: plugin{checksums: 1}}, {plugin: plugin{ref: "1"}}, {hooks: true}, {variables: 1},
	} {
		r.kind, r.managed = bucket, true
		require.NotEmpty(t, clusters.check(r), "%+v", r)
	}
	require.Empty(t, clusters.check(request{kind: bucket, managed: true}))
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	require.Empty(t, checkFunction("aws:index/getCallerIdentity:getCallerIdentity", plugin{}))
	require.Contains(t, checkFunction("aws:secretsmanager/getSecretVersion:getSecretVersion", plugin{}), "expected one of aws:")
	require.Contains(t, checkFunction("aws:lambda/getInvocation:getInvocation", plugin{}), "expected one of aws:")
	require.Contains(t, checkFunction("pulumi:pulumi:readStackResourceOutputs", plugin{}), "expected one of aws:")
	require.Contains(t, checkFunction("aws:index/getRegion:getRegion", plugin{url: "http://thief.example"}), "download address")
}

func TestTransforms(t *testing.T) {
	t.Parallel()
	var clusters kubeconfigs
	own := inputs(t, resource.PropertyMap{"kubeconfig": text("made by the provider of clusters")})
	before := &pulumirpc.TransformRequest{Type: "pulumi:providers:kubernetes", Custom: true, Properties: own}
	require.Empty(t, clusters.checkTransformed(before, &pulumirpc.TransformResponse{}), "left alone")
	require.Empty(t, clusters.checkTransformed(before, &pulumirpc.TransformResponse{Properties: own}), "left alone")
	other := inputs(t, resource.PropertyMap{"kubeconfig": text("made by the program")})
	require.NotEmpty(t, clusters.checkTransformed(before, &pulumirpc.TransformResponse{Properties: other}))
	for _, options := range []*pulumirpc.TransformResourceOptions{
		{PluginDownloadUrl: "http://thief.example"}, {PluginChecksums: map[string][]byte{"x": nil}}, {Hooks: &pulumirpc.RegisterResourceRequest_ResourceHooksBinding{}},
	} {
		require.NotEmpty(t, clusters.checkTransformed(before, &pulumirpc.TransformResponse{Options: options}))
	}
}
