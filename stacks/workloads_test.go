package stacks

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// workloadsOf runs the program on the settings of workloads in a stack of that name, in an environment with these outputs.
func workloadsOf(stack string, change, outputs map[string]any, opts ...pulumi.RunOption) (*pulumitest.Recorder, error) {
	settings := map[string]any{"kind": "workloads", "environment": "prod"}
	maps.Copy(settings, change)
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	return pulumitest.Record(Run, append(opts, pulumitest.WithStackOutputs(outputs), func(info *pulumi.RunInfo) {
		info.Stack = stack
		info.Config = map[string]string{"aws:region": "us-east-1", settingsKey: string(text)}
	})...)
}

// The ground of the cluster is made by the one provider that reaches it.
func TestWorkloadsPlan(t *testing.T) {
	t.Parallel()
	r, err := workloadsOf("prod-workloads", nil, environmentOutputs())
	require.NoError(t, err)
	provider := r.One(t, "pulumi:providers:kubernetes", "cluster")
	config, ok := provider.Value(t, "kubeconfig").(string)
	require.True(t, ok)
	require.JSONEq(t, `{"apiVersion": "v1", "kind": "Config", "current-context": "cluster",
		"clusters": [{"name": "cluster", "cluster": {"server": "https://api.example", "certificate-authority-data": "Y2E="}}],
		"contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": "cluster"}}],
		"users": [{"name": "cluster", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws",
			"args": ["eks", "get-token", "--cluster-name", "platform-prod-cluster", "--output", "json"]}}}]}`, config)
	components := map[string]bool{}
	for _, made := range r.All() {
		if strings.HasPrefix(made.Type, "kubernetes:") {
			require.Contains(t, made.Provider, "cluster", made.URN)
		}
		if strings.HasPrefix(made.Type, "genericcorp:") {
			components[made.Name+":"+made.Type] = true
		}
	}
	require.Equal(t, []string{"baseline:genericcorp:cluster:Baseline"}, slices.Sorted(maps.Keys(components)))
	require.Len(t, r.OfType("kubernetes:core/v1:Namespace"), 2)
}

func TestWorkloadsAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stack           string
		change, outputs map[string]any
		want            string
		opts            []pulumi.RunOption
	}{
		"another stack": {"dev-workloads", nil, environmentOutputs(),
			"stack dev-workloads has the settings of the workloads of environment prod, whose stack is prod-workloads: one of them is a copy", nil},
		"nothing deployed": {"prod-workloads", nil, map[string]any{"clusterName": "platform-prod-cluster"},
			"environment prod has no output clusterEndpoint, clusterCertificateAuthority, accountId, region, imageRepositories, secretsKeyArn, cacheAuthSecretArn, cachePort, " +
				"databaseSubnetCidrs, databases.main, provisionerFunctionName, deletionProtection, owner, costCentre, without which stack prod-workloads cannot be deployed", nil},
		"another account": {"prod-workloads", nil, environmentOutputs(),
			"the AWS credentials are of account 111122223333, expected 123456789012, which the output accountId of environment prod says",
			[]pulumi.RunOption{pulumitest.WithAccount("111122223333")}},
		"environment": {"stage-workloads", map[string]any{"environment": "stage"}, environmentOutputs(), `environment: got "stage", expected ` + registered, nil},
		"another kind's key": {"prod-workloads", map[string]any{"network": map[string]any{}}, environmentOutputs(),
			"network: got an unknown key, expected one of kind, environment, workloads", nil},
		"an image without a repository": {"prod-workloads", map[string]any{"workloads": map[string]any{"programs": []any{map[string]any{"name": "a", "image": "other" + digest, "port": 8080}}}},
			environmentOutputs(), `settings of stack prod-workloads, for the environment that is deployed:
platform:settings.workloads.programs[0].image: got "other` + digest + `", expected one of the environment's images: api, secretfiles`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := workloadsOf(c.stack, c.change, c.outputs, c.opts...)
			require.ErrorContains(t, err, c.want)
			require.Empty(t, r.OfType("kubernetes:core/v1:Namespace"))
		})
	}
}

const digest = "@sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"

// running is an environment's programs: an API that calls, and a worker.
func running() map[string]any {
	return map[string]any{
		"secretFilesImage": "secretfiles" + digest,
		"programs": []any{
			map[string]any{
				"name": "api", "image": "api" + digest, "port": 8080, "arguments": []any{"serve"}, "variables": map[string]any{"MODE": "all"}, "tenantSecrets": true,
				"calls": []any{"database", "cache", "aws", "search"}, "scale": map[string]any{"min": 2, "max": 4},
				"secrets": []any{map[string]any{"file": "cache.json", "source": "cache"}, map[string]any{"file": "stripe.json", "source": "arn:aws:secretsmanager:us-east-1:123456789012:secret:stripe-AbC123"}},
			},
			map[string]any{"name": "search", "image": "api" + digest, "port": 9000, "resources": map[string]any{"cpuMillicores": 200, "memoryMiB": 512}},
		},
		"tenantWorker": map[string]any{"image": "api" + digest, "arguments": []any{"tend"}, "health": map[string]any{"port": 8080}},
	}
}

// Programs run as their settings say, with the environment's images, secrets and ways.
func TestProgramsPlan(t *testing.T) {
	t.Parallel()
	r, err := workloadsOf("prod-workloads", map[string]any{"workloads": running()}, environmentOutputs())
	require.NoError(t, err)
	const program = "spec.template.spec.containers[0]."
	api := r.One(t, "kubernetes:apps/v1:Deployment", "api")
	for path, want := range map[string]any{
		"metadata.namespace": "tenants", program + "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/api" + digest, program + "args": []any{"serve"},
		program + "env": []any{map[string]any{"name": "MODE", "value": "all"}},
		"spec.template.spec.initContainers[0].image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/secretfiles" + digest,
		"spec.template.spec.initContainers[0].args": []any{
			"cache.json=arn:cache", "stripe.json=arn:aws:secretsmanager:us-east-1:123456789012:secret:stripe-AbC123", "tenant-*.json=platform/prod/tenants/*",
		},
	} {
		require.Equal(t, want, api.Value(t, path), path)
	}
	policy := r.One(t, "aws:iam/rolePolicy:RolePolicy", "api").Value(t, "policy")
	require.Equal(t, `{"Statement":[{"Action":["secretsmanager:GetSecretValue"],"Effect":"Allow","Resource":["arn:cache","arn:aws:secretsmanager:us-east-1:123456789012:secret:stripe-AbC123",`+
		`"arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/prod/tenants/*"],"Sid":"ReadSecrets"},`+
		`{"Action":["kms:Decrypt"],"Condition":{"StringEquals":{"kms:ViaService":["secretsmanager.us-east-1.amazonaws.com"]}},"Effect":"Allow","Resource":["arn:secrets-key","arn:secrets-key","arn:secrets-key"],"Sid":"DecryptSecrets"},`+
		`{"Action":["secretsmanager:ListSecrets"],"Effect":"Allow","Resource":["*"],"Sid":"ListSecrets"}],"Version":"2012-10-17"}`, policy)

	search := r.One(t, "kubernetes:apps/v1:Deployment", "search")
	require.Equal(t, map[string]any{"cpu": "200m", "memory": "512Mi"}, search.Value(t, program+"resources.requests"))
	require.False(t, search.Has("spec.template.spec.initContainers"))
	require.Empty(t, r.OfType("aws:iam/role:Role")[1:], "who has no secrets has no role")

	list := r.One(t, "genericcorp:workload:Connections", "connections")
	require.Equal(t, []any{
		"tenants/api -> [10.0.24.0/21]:5432", "tenants/api -> [10.0.24.0/21]:6379", "tenants/api -> [0.0.0.0/0]:443", "tenants/api -> tenants/search:9000",
	}, list.Value(t, "connections"))
	for _, made := range []pulumitest.Resource{r.One(t, "genericcorp:workload:Workload", "api"), r.One(t, "genericcorp:workload:Workload", "search"), list} {
		require.Contains(t, strings.Join(made.Request.GetDependencies(), " "), "ResourceQuota::baseline-tenants-quota", made.Name)
	}
}

func TestOutputsOfWorkloads(t *testing.T) {
	t.Parallel()
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		w := &workloads{ctx: ctx, site: anywhere}
		w.Programs = []ProgramSettings{{Name: "api", Image: "api" + digest, Port: 8080, Resources: ResourcesSettings{CPUMillicores: 50, MemoryMiB: 64}}}
		w.TenantWorker = TenantWorkerSettings{Image: "api" + digest, Resources: ResourcesSettings{CPUMillicores: 50, MemoryMiB: 64}, Health: HealthSettings{Port: 8080}}
		require.NoError(t, w.makePrograms())
		return w.exportTenantWorker()
	})
	require.NoError(t, err)
}

// Everything that is wrong is told at once, by the settings' own names.
func TestWrongPrograms(t *testing.T) {
	t.Parallel()
	program := func(change map[string]any) map[string]any {
		program := map[string]any{"name": "api", "image": "api" + digest, "port": 8080}
		maps.Copy(program, change)
		return map[string]any{"programs": []any{program}}
	}
	const at = "platform:settings.workloads."
	for name, c := range map[string]struct {
		workloads map[string]any
		want      []string
	}{
		"name":      {program(map[string]any{"name": "API"}), []string{`programs[0].name: got "API", expected 1 to 40`}},
		"reserved":  {program(map[string]any{"name": "cache"}), []string{`programs[0].name: got "cache", expected 1 to 40`}},
		"tag":       {program(map[string]any{"image": "api:v1"}), []string{`programs[0].image: got "api:v1", expected the name of one`}},
		"no digest": {program(map[string]any{"image": "sample"}), []string{`programs[0].image: got "sample", expected the name of one`}},
		"a secret in a variable": {program(map[string]any{"variables": map[string]any{"STRIPE_API_KEY": "sk"}}), []string{
			`programs[0].variables: got "STRIPE_API_KEY", expected no secret: secrets are files`}},
		"a secret as a value": {program(map[string]any{"variables": map[string]any{"DATABASE": "postgresql://a:geheim@b/c"}}), []string{
			`programs[0].variables: got "DATABASE", expected no secret: secrets are files`}},
		"a variable's name": {program(map[string]any{"variables": map[string]any{"a-b": "c"}}), []string{`programs[0].variables: got "a-b", expected upper-case`}},
		"a variable's type": {program(map[string]any{"variables": map[string]any{"A": 1}}), []string{`programs[0].variables[A]: got 1, expected text in quotes`}},
		"whom it calls": {program(map[string]any{"calls": []any{"api", "cache", "cache", "internet"}}), []string{
			`programs[0].calls: got 4 elements`}},
		"nobody":    {program(map[string]any{"calls": []any{"internet"}}), []string{`programs[0].calls[0]: got "internet", expected database, cache or aws`}},
		"no keeper": {program(map[string]any{"tenantSecrets": true}), []string{`secretFilesImage: got "", expected an image`}},
		"its secrets": {program(map[string]any{"secrets": []any{map[string]any{"file": "../a", "source": "stripe"}}}), []string{
			`programs[0].secrets[0].source: got "stripe", expected cache, identity where the edge is enabled, or the ARN`, `programs[0].secrets[0].file: got "../a"`, `secretFilesImage: got ""`}},
		"a worker without health": {program(map[string]any{"port": 0}), []string{"programs[0].health.port: got 0, expected 1024 to 65535"}},
		"its size": {program(map[string]any{"resources": map[string]any{"memoryMiB": 0}, "scale": map[string]any{"min": 3, "max": 2}, "rolloutSeconds": 20}), []string{
			"programs[0].resources.memoryMiB: got 0", "programs[0].scale.max: got 2", "programs[0].rolloutSeconds: got 20"}},
		"twice": {map[string]any{"programs": []any{map[string]any{"name": "a", "image": "api" + digest, "port": 8080}, map[string]any{"name": "a", "image": "api" + digest, "port": 8080}}},
			[]string{`programs[1].name: got "a", expected a name that no program before it has`}},
		"a worker too large": {map[string]any{"secretFilesImage": "secretfiles" + digest, "tenantWorker": map[string]any{
			"image": "api" + digest, "health": map[string]any{"port": 8080}, "resources": map[string]any{"cpuMillicores": 200, "memoryMiB": 600}, "variables": map[string]any{"TENANT": "a"},
		}}, []string{"tenantWorker.resources.cpuLimitMillicores: got 825, expected so little that two pods", "tenantWorker.resources.memoryMiB: got 632", `tenantWorker.variables: got "TENANT"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := workloadsOf("prod-workloads", map[string]any{"workloads": c.workloads}, environmentOutputs())
			for _, want := range c.want {
				require.ErrorContains(t, err, at+want)
			}
			require.NotContains(t, err.Error(), "geheim")
		})
	}
}

// An environment's own file knows which images there are, and the local cloud's may leave the digest to what builds the image.
func TestProgramsInTheFileOfAnEnvironment(t *testing.T) {
	t.Parallel()
	file := func(image string) string {
		return spoil(t, "    cache:\n", "    images: [api]\n    workloads: {programs: [{name: api, image: \""+image+"\", port: 8080}]}\n    cache:\n")
	}
	_, err := parseFile([]byte(file("api" + digest)))
	require.NoError(t, err)
	_, err = parseFile([]byte(file("other" + digest)))
	require.EqualError(t, err, `platform:settings.workloads.programs[0].image: got "other`+digest+`", expected one of the environment's images: api, sample, secretfiles`)
	_, err = parseFile([]byte(file("sample")))
	require.ErrorContains(t, err, `workloads.programs[0].image: got "sample", expected the name of one of the environment's images and its digest`)
	local := func(image string) string {
		return strings.Replace(file(image), "environment: dev", "environment: local", 1)
	}
	_, err = parseFile([]byte(local("sample")))
	require.NoError(t, err)
	_, err = parseFile([]byte(local("api")))
	require.ErrorContains(t, err, `workloads.programs[0].image: got "api"`, "which nobody here could build")
}

// A tenant runs what the workloads' stack tells.
func TestTenantWorkerComesFromTheWorkloads(t *testing.T) {
	t.Parallel()
	outputs := environmentOutputs()
	outputs["tenantNamespaces"] = true
	worker := TenantWorkerSettings{
		Image: "api" + digest, Arguments: []string{"tend"}, Resources: ResourcesSettings{CPUMillicores: 50, MemoryMiB: 64},
		Health: HealthSettings{Port: 8080, Ready: "/readyz", Live: "/healthz", StartSeconds: 60}, StopSeconds: 30,
	}
	at := anywhere
	at.repositories = map[string]string{"api": "registry.example/api", "secretfiles": "registry.example/secretfiles"}
	at.secretFiles = "secretfiles" + digest
	text, err := json.Marshal(worker.worker(at))
	require.NoError(t, err)
	outputs["tenantWorker"] = string(text)
	r, err := deployTenantIn("prod-tenant-acme", nil, outputs)
	require.NoError(t, err)
	d := r.One(t, "kubernetes:apps/v1:Deployment", "worker")
	require.Equal(t, "registry.example/api"+digest, d.Value(t, "spec.template.spec.containers[0].image"))
	require.Equal(t, []any{"tend"}, d.Value(t, "spec.template.spec.containers[0].args"))

	outputs["tenantWorker"] = "{"
	_, err = deployTenantIn("prod-tenant-acme", nil, outputs)
	require.ErrorContains(t, err, "read the output tenantWorker of stack prod-workloads")
}
