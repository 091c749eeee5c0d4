package temporal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/services/provisioner/api"
)

const (
	deploymentType = "kubernetes:apps/v1:Deployment"
	jobType        = "kubernetes:batch/v1:Job"
	filesType      = "kubernetes:core/v1:ConfigMap"
)

func image(name string) string {
	return "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/" + name + "@sha256:" + strings.Repeat("0a", 32)
}

func right() *TemporalArgs {
	return &TemporalArgs{
		Environment: "prod", Cluster: "platform-prod-cluster", Region: "us-east-1", Namespace: "platform-system",
		Images:       Images{Server: image("temporal-server"), AdminTools: image("temporal-admin-tools"), Namespace: image("temporalnamespace"), SecretFiles: image("secretfiles")},
		Database:     Database{Host: "main.example", Port: 5432, CIDRs: []string{"10.0.64.0/24"}, Authorities: "-----BEGIN CERTIFICATE-----\n"},
		FunctionName: pulumi.String("platform-prod-us-east-1-provisioner"), SecretsKeyARN: pulumi.String("arn:secrets-key"),
	}
}

func made(t *testing.T, args *TemporalArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewTemporal(ctx, "temporal", args)
		return err
	})
}

// The provisioner makes what the server has in the database. No password passes through the stack.
func TestDatabases(t *testing.T) {
	t.Parallel()
	r := made(t, right())
	input, ok := r.One(t, "aws:lambda/invocation:Invocation", "temporal").Value(t, "input").(string)
	require.True(t, ok)
	for tf, want := range map[string]api.Action{"create": api.ActionApplyService, "delete": api.ActionDeleteService} {
		// What the provider adds must make a request that the provisioner takes.
		request, err := api.Parse([]byte(input[:len(input)-1] + `,"tf":{"action":"` + tf + `","prev_input":null}}`))
		require.NoError(t, err)
		require.Equal(t, want, request.Action)
		require.Equal(t, &api.Service{Name: "temporal", Databases: []string{"temporal", "temporal_visibility"}, Connections: 76, Keep: true}, request.Service)
		require.Equal(t, 1, request.PasswordVersion)
	}
	secret := r.One(t, "aws:secretsmanager/secret:Secret", "temporal")
	require.Equal(t, "platform/prod/services/temporal-", secret.Value(t, "namePrefix"))
	require.EqualValues(t, 30, secret.Value(t, "recoveryWindowInDays"))
	require.Empty(t, r.OfType("aws:secretsmanager/secretVersion:SecretVersion"))
}

func TestUnprotectedLeavesNothing(t *testing.T) {
	t.Parallel()
	args := right()
	args.DeletionProtection = new(false)
	r := made(t, args)
	require.EqualValues(t, 0, r.One(t, "aws:secretsmanager/secret:Secret", "temporal").Value(t, "recoveryWindowInDays"))
	require.NotContains(t, r.One(t, "aws:lambda/invocation:Invocation", "temporal").Value(t, "input"), "keep")
}

// after says that a resource is made when another one is done.
func after(t *testing.T, r pulumitest.Resource, other string) {
	t.Helper()
	require.True(t, slices.ContainsFunc(r.Request.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, other) }),
		"%s after %s: %v", r.Name, other, r.Request.GetDependencies())
}

// First the role, then the schema, then the server, then its namespace.
func TestOrder(t *testing.T) {
	t.Parallel()
	r := made(t, right())
	schema, server := r.One(t, jobType, "temporal-schema"), r.One(t, deploymentType, "temporal")
	after(t, schema, "Invocation::temporal")
	after(t, schema, "RolePolicy::temporal")
	after(t, server, "Job::temporal-schema")
	after(t, r.One(t, jobType, "temporal-namespace"), "Deployment::temporal")
}

// Each database's schema is brought to the version of the program's release, by steps that can be repeated.
func TestSchema(t *testing.T) {
	t.Parallel()
	spec := made(t, right()).One(t, jobType, "temporal-schema")
	const pod = "spec.template.spec."
	require.Equal(t, "Always", spec.Value(t, pod+"initContainers[0].restartPolicy"), "the password's file comes first, and goes last")
	for step, want := range map[string]string{
		pod + "initContainers[1]": "--database temporal .* setup-schema --version 0.0",
		pod + "initContainers[2]": "--database temporal .* update-schema --schema-name postgresql/v12/temporal",
		pod + "initContainers[3]": "--database temporal_visibility .* setup-schema --version 0.0",
		pod + "containers[0]":     "--database temporal_visibility .* update-schema --schema-name postgresql/v12/visibility",
	} {
		text := strings.Trim(fmt.Sprint(spec.Value(t, step+".command")), "[]")
		require.Regexp(t, "^temporal-sql-tool --plugin postgres12_pgx --endpoint main.example --port 5432 --user temporal "+want+"$", text)
		require.Contains(t, text, "--connect-attributes passfile=/var/run/secrets/platform/temporal.pgpass --tls --tls-ca-file /etc/workload/database-ca.pem --tls-server-name main.example")
		require.Equal(t, image("temporal-admin-tools"), spec.Value(t, step+".image"))
		require.False(t, spec.Has(step+".livenessProbe"))
	}
	require.Equal(t, "Never", spec.Value(t, pod+"restartPolicy"))
	require.Equal(t, "temporal", spec.Value(t, pod+"serviceAccountName"))
}

// serverConfig is the configuration as the server reads it in a pod with that address.
func serverConfig(t *testing.T, r *pulumitest.Recorder, address string) (config map[string]any) {
	t.Helper()
	text, _ := r.One(t, filesType, "temporal").Value(t, `data["config.yaml"]`).(string)
	require.Contains(t, text[:1024], "# enable-template", "else the server takes it as it is")
	parsed, err := template.New("").Funcs(template.FuncMap{"env": func(name string) string {
		return map[string]string{"POD_ADDRESS": address}[name]
	}}).Parse(text)
	require.NoError(t, err)
	var filled strings.Builder
	require.NoError(t, parsed.Execute(&filled, nil))
	require.NoError(t, yaml.Unmarshal([]byte(filled.String()), &config))
	return config
}

func at(t *testing.T, config any, path string) any {
	t.Helper()
	for key := range strings.SplitSeq(path, ".") {
		object, ok := config.(map[string]any)
		require.True(t, ok, path)
		config = object[key]
	}
	return config
}

func TestServer(t *testing.T) {
	t.Parallel()
	r := made(t, right())
	config := serverConfig(t, r, "10.0.1.2")
	for path, want := range map[string]any{
		"persistence.numHistoryShards": 512, "global.membership.broadcastAddress": "10.0.1.2",
		"services.frontend.rpc.grpcPort": 7233, "services.frontend.rpc.httpPort": 7243, "services.worker.rpc.membershipPort": 6939,
		"dynamicConfigClient.filepath": "/etc/workload/dynamic.yaml",
	} {
		require.Equal(t, want, at(t, config, path), path)
	}
	for store, want := range map[string]map[string]any{
		"default":    {"databaseName": "temporal", "maxConns": 4},
		"visibility": {"databaseName": "temporal_visibility", "maxConns": 2},
	} {
		want["pluginName"], want["connectAddr"], want["user"] = "postgres12_pgx", "main.example:5432", "temporal"
		want["connectAttributes"] = map[string]any{"passfile": "/var/run/secrets/platform/temporal.pgpass"}
		want["tls"] = map[string]any{"enabled": true, "caFile": "/etc/workload/database-ca.pem", "enableHostVerification": true, "serverName": "main.example"}
		for key, value := range want {
			require.Equal(t, value, at(t, config, "persistence.datastores."+store+".sql."+key), key)
		}
		require.Nil(t, at(t, config, "persistence.datastores."+store+".sql.password"))
	}
	d := r.One(t, deploymentType, "temporal")
	const program = "spec.template.spec.containers[0]."
	require.EqualValues(t, 2, d.Value(t, "spec.replicas"))
	require.Equal(t, "[temporal-server --config-file /etc/workload/config.yaml --allow-no-auth start]", fmt.Sprint(d.Value(t, program+"command")))
	env, err := json.Marshal(d.Value(t, program+"env"))
	require.NoError(t, err)
	require.JSONEq(t, `[{"name":"POD_ADDRESS","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}},{"name":"PASSWORD_VERSION","value":"1"},{"name":"USER","value":"temporal"}]`, string(env))
	require.Equal(t, d.Value(t, "spec.template.spec.volumes[2].configMap.name"), r.One(t, filesType, "temporal").Value(t, "metadata.name"))
}

// The local cloud's own images have the authority of its databases.
func TestAuthoritiesOfTheImage(t *testing.T) {
	t.Parallel()
	args := right()
	args.Database.Authorities = ""
	r := made(t, args)
	require.Equal(t, "/etc/platform/rds-ca.pem", at(t, serverConfig(t, r, ""), "persistence.datastores.default.sql.tls.caFile"))
	require.Len(t, r.OfType(filesType), 1, "the schema's job needs none")
	require.Contains(t, fmt.Sprint(r.One(t, jobType, "temporal-schema").Value(t, "spec.template.spec.containers[0].command")), "--tls-ca-file /etc/platform/rds-ca.pem")
}

// Other files make other pods: their object has another name.
func TestFilesFollow(t *testing.T) {
	t.Parallel()
	args := right()
	args.HistoryShards = 4
	require.NotEqual(t, made(t, right()).One(t, filesType, "temporal").Value(t, "metadata.name"), made(t, args).One(t, filesType, "temporal").Value(t, "metadata.name"))
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	job := made(t, right()).One(t, jobType, "temporal-namespace")
	const program = "spec.template.spec.containers[0]."
	require.Equal(t, "[temporalnamespace --address temporal.platform-system.svc.cluster.local:7233 --namespace platform --retention-days 7]", fmt.Sprint(job.Value(t, program+"command")))
	require.Equal(t, "default", job.Value(t, "spec.template.spec.serviceAccountName"), "it has no role")
}

// The server is called by its own pods and its job, and calls itself and the database.
func TestConnections(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, c := range Connections("platform-system", right().Database) {
		lines = append(lines, fmt.Sprintf("%s -> %s:%d", c.From, c.To, c.Port))
	}
	const server = "platform-system/temporal"
	want := []string{server + " -> [10.0.64.0/24]:5432", server + "-schema -> [10.0.64.0/24]:5432", server + "-namespace -> " + server + ":7233"}
	for _, port := range []int{7233, 7234, 7235, 7239, 6933, 6934, 6935, 6939} {
		want = append(want, fmt.Sprintf("%s -> %s:%d", server, server, port))
	}
	require.ElementsMatch(t, want, lines)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := NewTemporal(ctx, "temporal", &TemporalArgs{Replicas: 1, HistoryShards: -1, MemoryMiB: 64})
		return err
	}, pulumi.WithMocks("project", "stack", &pulumitest.Recorder{}))
	for _, want := range []string{
		"replicas: got 1, expected 2 to 10", "historyShards: got -1", "memoryMiB: got 64, expected 256", "images.server: got", "images.adminTools: got", "images.namespace: got",
		"images.secretFiles: got", "database.host: got", "database.cidrs", "functionName", "secretsKeyArn", "cluster: got", "region: got",
	} {
		require.ErrorContains(t, err, want)
	}
}
