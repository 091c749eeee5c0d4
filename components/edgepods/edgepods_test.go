package edgepods

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/edge/counting"
	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/provisioner/api"
)

const (
	deploymentType = "kubernetes:apps/v1:Deployment"
	serviceType    = "kubernetes:core/v1:Service"
	filesType      = "kubernetes:core/v1:ConfigMap"
	policyType     = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	versionType    = "aws:secretsmanager/secretVersion:SecretVersion"

	program = "spec.template.spec.containers[0]."
	first   = "spec.template.spec.initContainers"
)

func image(name string) string {
	return "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/" + name + "@sha256:" + strings.Repeat("0a", 32)
}

func right() *EdgePodsArgs {
	return &EdgePodsArgs{
		Environment: "prod", Cluster: "platform-prod-cluster", Region: "us-east-1", Namespace: "platform-system",
		Images: Images{
			Proxy: image("envoy"), Counting: image("ratelimit"), Gate: image("gate"), Sidecar: image("edgesidecar"), SecretFiles: image("secretfiles"),
		},
		Application: Application{Namespace: "tenants", Name: "api", Port: 8080}, Database: Database{Host: "main.example", Port: 5433},
		CacheSecretARN: pulumi.String("arn:cache"), FunctionName: pulumi.String("provisioner"), SecretsKeyARN: pulumi.String("arn:key"),
		Domain: "app.genericcorp.example", Contact: "help@genericcorp.example",
	}
}

func made(t *testing.T, args *EdgePodsArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewEdgePods(ctx, "edge", args)
		return err
	})
}

func has(t *testing.T, r pulumitest.Resource, inputs map[string]any) {
	t.Helper()
	for path, want := range inputs {
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(r.Value(t, path)), path)
	}
}

func variables(t *testing.T, d pulumitest.Resource) map[string]string {
	t.Helper()
	list, isList := d.Value(t, program+"env").([]any)
	require.True(t, isList)
	found := map[string]string{}
	for _, one := range list {
		variable, _ := one.(map[string]any)
		found[fmt.Sprint(variable["name"])] = fmt.Sprint(variable["value"])
	}
	return found
}

// The nodes offer the proxy, and its health, to a load balancer. It is drained before it is stopped, and its pods follow the load.
func TestProxy(t *testing.T) {
	t.Parallel()
	r := made(t, right())
	service := r.One(t, serviceType, proxyName)
	has(t, service, map[string]any{
		"spec.type": "NodePort", "spec.externalTrafficPolicy": "Local", "spec.ports[0].nodePort": 30443, "spec.ports[0].port": 8080,
		"spec.ports[1].nodePort": 30444, "spec.ports[1].port": 8081,
	})
	d := r.One(t, deploymentType, proxyName)
	has(t, d, map[string]any{
		program + "command": []any{"envoy"}, program + "image": image("envoy"),
		program + "args":                   []any{"-c", "/etc/workload/envoy.json", "--disable-hot-restart", "--concurrency", "2", "--log-level", "warning"},
		program + "readinessProbe.httpGet": map[string]any{"path": "/livez", "port": 8081.0}, program + "livenessProbe.httpGet": map[string]any{"path": "/livez", "port": 8081.0},
		program + "lifecycle.preStop.httpGet": map[string]any{"path": "/drain", "port": 9090.0}, first + "[0].args": []any{"drain"}, first + "[0].image": image("edgesidecar"),
		"spec.template.spec.terminationGracePeriodSeconds": 110, "spec.template.spec.priorityClassName": "platform-critical",
		"spec.template.spec.topologySpreadConstraints[0].topologyKey": "topology.kubernetes.io/zone",
	})
	require.Len(t, r.OfType("kubernetes:policy/v1:PodDisruptionBudget"), 3)
	has(t, r.One(t, "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", proxyName), map[string]any{"spec.minReplicas": 2, "spec.maxReplicas": 6})

	public := r.One(t, policyType, "edge-public")
	has(t, public, map[string]any{"spec.podSelector.matchLabels": map[string]any{workload.LabelName: proxyName}, "spec.policyTypes": []any{"Ingress"},
		"spec.ingress[0].from": []any{map[string]any{"ipBlock": map[string]any{"cidr": "0.0.0.0/0"}}}, "spec.ingress[0].ports[0].port": 8080, "spec.ingress[1].ports[0].port": 8081})
	require.NotContains(t, fmt.Sprint(public.Value(t, "spec.ingress[1].from")), "0.0.0.0/0", "the health of the proxy is nobody's business outside")
}

// The proxy asks the services by the addresses of their pods, and passes on to the application. Its administration is its own.
func TestProxyConfiguration(t *testing.T) {
	t.Parallel()
	r := made(t, right())
	files := r.One(t, filesType, proxyName)
	text, isText := files.Value(t, `data["envoy.json"]`).(string)
	require.True(t, isText)
	for _, address := range []string{
		"edge-gate.platform-system.svc.cluster.local", "edge-counting.platform-system.svc.cluster.local", "api.tenants.svc.cluster.local", `"maxActiveDownstreamConnections": "5120"`,
	} {
		assert.Contains(t, text, address)
	}
	var config struct {
		Admin struct {
			Address struct{ SocketAddress struct{ Address string } }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &config))
	assert.Equal(t, "127.0.0.1", config.Admin.Address.SocketAddress.Address)
	require.Equal(t, files.Value(t, "metadata.name"), r.One(t, deploymentType, proxyName).Value(t, "spec.template.spec.volumes[1].configMap.name"))

	other := right()
	other.Application.Port = 9090
	require.NotEqual(t, files.Value(t, "metadata.name"), made(t, other).One(t, filesType, proxyName).Value(t, "metadata.name"), "another configuration makes other pods")
}

// after says that a resource is made when another one is done.
func after(t *testing.T, r pulumitest.Resource, other string) {
	t.Helper()
	require.True(t, slices.ContainsFunc(r.Request.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, other) }),
		"%s after %s: %v", r.Name, other, r.Request.GetDependencies())
}

// Gate's role gets its password from the provisioner, and gate starts when it is there.
func TestGate(t *testing.T) {
	t.Parallel()
	args := right()
	args.PasswordVersion = 3
	r := made(t, args)
	input, _ := r.One(t, "aws:lambda/invocation:Invocation", "edge-gate").Value(t, "input").(string)
	for tf, want := range map[string]api.Action{"create": api.ActionApplyService, "delete": api.ActionDeleteService} {
		request, err := api.Parse([]byte(input[:len(input)-1] + `,"tf":{"action":"` + tf + `","prev_input":null}}`))
		require.NoError(t, err)
		require.Equal(t, want, request.Action)
		require.Equal(t, &api.Service{Name: "platform_gate", Connections: 12, Keep: true}, request.Service)
		require.Equal(t, 3, request.PasswordVersion)
	}
	has(t, r.One(t, "aws:secretsmanager/secret:Secret", "edge-gate"), map[string]any{"namePrefix": "platform/prod/services/platform_gate-", "recoveryWindowInDays": 30})
	d := r.One(t, deploymentType, gateName)
	after(t, d, "Invocation::edge-gate")
	require.Equal(t, map[string]string{
		"DOMAIN": "app.genericcorp.example", "PUBLIC_PORT": "443", "CONTACT": "help@genericcorp.example", "GRPC_ADDRESS": ":9000", "HTTP_ADDRESS": ":9001",
		"DATABASE_HOST": "main.example", "DATABASE_PORT": "5433", "DATABASE_NAME": "platform",
	}, variables(t, d))
	arguments := fmt.Sprint(d.Value(t, first+"[0].args"))
	require.Contains(t, arguments, "gate.pgpass=arn:aws:secretsmanager:us-east-1:123456789012:edge-gate")
	require.Contains(t, arguments, "gate-signing-keys.json=")
	require.Contains(t, arguments, "cache.json=arn:cache")
	has(t, d, map[string]any{"spec.replicas": 2, program + "lifecycle.preStop.sleep.seconds": 15, "spec.template.spec.terminationGracePeriodSeconds": 45})
	has(t, r.One(t, serviceType, gateName), map[string]any{"spec.clusterIP": "None", "spec.ports[0].port": 9000})
	args.CacheAuthorities = "/etc/platform/rds-ca.pem"
	require.Equal(t, "/etc/platform/rds-ca.pem", variables(t, made(t, args).One(t, deploymentType, gateName))["CACHE_CA_FILE"])
}

// The service that counts has the password neither in its environment nor in a file of its own: what is beside it logs in.
func TestCounting(t *testing.T) {
	t.Parallel()
	args := right()
	args.CacheAuthorities = "/etc/platform/rds-ca.pem"
	r := made(t, args)
	d := r.One(t, deploymentType, countingName)
	found := variables(t, d)
	for name, want := range map[string]string{
		"REDIS_URL": "127.0.0.1:6379", "REDIS_TLS": "false", "RUNTIME_ROOT": "/etc", "RUNTIME_APPDIRECTORY": "workload", "GRPC_PORT": "8081", "PORT": "8080",
		"DEBUG_HOST": "127.0.0.1",
	} {
		require.Equal(t, want, found[name], name)
	}
	require.NotContains(t, found, "REDIS_AUTH")
	has(t, d, map[string]any{
		program + "command": []any{"ratelimit"}, program + "livenessProbe.httpGet": map[string]any{"path": "/healthcheck", "port": 8080.0},
		first + "[0].args": []any{"cache.json=arn:cache"}, first + "[1].args": []any{"login"},
		first + "[1].env":                           []any{map[string]any{"name": "CACHE_CA_FILE", "value": "/etc/platform/rds-ca.pem"}},
		first + "[1].volumeMounts[0].mountPath":     "/var/run/secrets/platform",
		"spec.template.spec.volumes[2].name":        "files",
		"spec.template.spec.volumes[1].name":        "secrets",
		program + "volumeMounts[2].mountPath":       "/etc/workload",
		"spec.template.spec.containers[0].image":    image("ratelimit"),
		"spec.template.spec.initContainers[0].name": "secretfiles",
	})
	want, err := counting.YAML()
	require.NoError(t, err)
	require.Equal(t, string(want), r.One(t, filesType, countingName).Value(t, `data["edge.yaml"]`))
	has(t, r.One(t, serviceType, countingName), map[string]any{"spec.clusterIP": "None", "spec.ports[0].port": 8081})
	require.False(t, made(t, right()).One(t, deploymentType, countingName).Has(first+"[1].env[0]"), "on AWS public authorities sign for the cache")
}

// Gate has the keys whole, the first of which signs. Applications have their public halves alone.
func TestKeys(t *testing.T) {
	t.Parallel()
	args := right()
	args.SigningKeys = []string{"2", "1"}
	r := made(t, args)
	for name, private := range map[string]bool{"edge-signing-keys-version": true, "edge-public-keys-version": false} {
		text, isText := r.One(t, versionType, name).Value(t, "secretString").(string)
		require.True(t, isText)
		var set jose.JSONWebKeySet
		require.NoError(t, json.Unmarshal([]byte(text), &set))
		require.Len(t, set.Keys, 2)
		assert.Equal(t, "2", set.Keys[0].KeyID)
		for _, key := range set.Keys {
			assert.True(t, key.Valid())
			assert.Equal(t, private, !key.IsPublic(), name)
		}
	}
	seed := r.One(t, "random:index/randomBytes:RandomBytes", "edge-key-2")
	has(t, seed, map[string]any{"length": identity.SeedBytes})
	r.RequireHidden(t, pulumitest.Bytes)
	_, err := keySet([]string{"1"}, []any{"AAAA"}, true)
	require.ErrorContains(t, err, "the seed of key 1: got 3 bytes, expected 32")
	_, err = keySet([]string{"1"}, []any{"geheim!"}, true)
	require.EqualError(t, err, "the seed of key 1: expected base64")
}

// The edge can be switched off where nothing else can be deleted, and its secrets are recoverable then; elsewhere they are gone at once.
func TestSecretsFollowDeletionProtection(t *testing.T) {
	t.Parallel()
	for protected, days := range map[bool]int{true: 30, false: 0} {
		args := right()
		args.DeletionProtection = new(protected)
		r := made(t, args)
		r.RequireProtected(t)
		kept := r.OfType("aws:secretsmanager/secret:Secret")
		require.Len(t, kept, 3)
		for _, secret := range kept {
			require.EqualValues(t, days, secret.Value(t, "recoveryWindowInDays"), secret.Name)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	pulumitest.Run(t, func(ctx *pulumi.Context) error {
		edge, err := NewEdgePods(ctx, "edge", right())
		require.NoError(t, err)
		require.NotEmpty(t, pulumitest.Outputs(t, ctx, edge)["PublicKeysARN"].Value)
		return nil
	})
}

// The proxy calls the services and the application, gate the database and the cache, and the service that counts the cache.
func TestConnections(t *testing.T) {
	t.Parallel()
	outside := workload.Peer{CIDRs: []string{"10.0.64.0/24"}}
	var lines []string
	for _, c := range Connections("platform-system", right().Application, workload.Connection{To: outside, Port: 5433}, workload.Connection{To: outside, Port: 6379}) {
		lines = append(lines, fmt.Sprintf("%s -> %s:%d", c.From, c.To, c.Port))
	}
	const at = "platform-system/edge-"
	require.ElementsMatch(t, []string{
		at + "proxy -> " + at + "gate:9000", at + "proxy -> " + at + "counting:8081", at + "proxy -> tenants/api:8080",
		at + "gate -> [10.0.64.0/24]:5433", at + "counting -> [10.0.64.0/24]:6379", at + "gate -> [10.0.64.0/24]:6379",
	}, lines)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewEdgePods(ctx, "edge", &EdgePodsArgs{
			Domain: "App.example", PublicPort: -1, SigningKeys: []string{"A", "1", "1"}, PasswordVersion: -1,
			Scale: workload.Scale{Min: 1, Max: -1}, Resources: workload.Resources{CPUMillicores: 1, MemoryMiB: 64},
		})
		return err
	})
	for _, want := range []string{
		`domain: got "App.example"`, "publicPort: got -1", `contact: got ""`, "passwordVersion: got -1", `signingKeys[0]: got "A"`, `signingKeys[2]: got "1", expected a name that no other key has`,
		"scale.min: got 1, expected 2 to 100", "scale.max: got -1", "resources.memoryMiB: got 64, expected 128", "resources.cpuMillicores: got 1", "images.proxy: got", "images.counting: got",
		"images.gate: got", "images.sidecar: got", "images.secretFiles: got", "database.host: got", "database.port: got 0", "application.name: got", "application.port: got 0",
		"cacheSecretArn: got", "functionName: got", "secretsKeyArn: got", "cluster: got", "region: got",
	} {
		assert.ErrorContains(t, err, want)
	}
	require.Empty(t, r.All())
}
