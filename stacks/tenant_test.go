package stacks

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/provisioner"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/internal/tiers"
)

// rightTenant is a tenant's file without mistakes.
const rightTenant = `config:
  aws:region: us-east-1
  platform:settings:
    kind: tenant
    environment: prod
    tenant: acme
    tier: pro
    state: limited
    passwordVersion: 2
`

func TestRightTenantIsRight(t *testing.T) {
	t.Parallel()
	settings, err := parseFile([]byte(rightTenant))
	require.NoError(t, err)
	require.Equal(t, KindTenant, settings.Kind)
	require.Nil(t, settings.Environment)
	require.Equal(t, &TenantSettings{
		Kind: KindTenant, Environment: "prod", Tenant: "acme", Database: "main", Tier: "pro", State: "limited", PasswordVersion: 2,
	}, settings.Tenant)
	require.Equal(t, "prod-tenant-acme", settings.Tenant.StackName())
}

func TestTenantDefaults(t *testing.T) {
	t.Parallel()
	file := strings.NewReplacer("    state: limited\n", "", "    passwordVersion: 2\n", "").Replace(rightTenant)
	settings, err := parseFile([]byte(file))
	require.NoError(t, err)
	require.Equal(t, "active", settings.Tenant.State)
	require.Equal(t, 1, settings.Tenant.PasswordVersion)
}

func TestWrongTenants(t *testing.T) {
	t.Parallel()
	const (
		someSlug = "expected 3 to 40 lower-case letters, digits and single hyphens, beginning with a letter; no reserved word such as admin"
		someTier = "expected free, starter, pro or enterprise"
	)
	for _, test := range []struct{ name, old, spoilt, want string }{
		{"no environment", "    environment: prod\n", "", "environment: got nothing, expected local, or an environment of internal/environments"},
		{"environment", "environment: prod", "environment: Prod", `environment: got "Prod", expected ` + registered},
		{"database", "    tenant: acme\n", "    tenant: acme\n    database: second\n", `database: got "second", expected main`},
		{"no tenant", "    tenant: acme\n", "", "tenant: got nothing, " + someSlug},
		{"upper case", "tenant: acme", "tenant: Acme", `tenant: got "Acme", ` + someSlug},
		{"look-alike", "tenant: acme", "tenant: \"\u0430cme\"", "tenant: got \"\u0430cme\", " + someSlug},
		{"quotes", "tenant: acme", `tenant: 'a";drop schema public'`, `tenant: got "a\";drop schema public", ` + someSlug},
		{"reserved", "tenant: acme", "tenant: admin", `tenant: got "admin", ` + someSlug},
		{"too long", "tenant: acme", "tenant: " + strings.Repeat("a", 41), `tenant: got "` + strings.Repeat("a", 41) + `", ` + someSlug},
		{"number", "tenant: acme", "tenant: 1234", "tenant: got 1234, expected text in quotes"},
		{"no tier", "    tier: pro\n", "", "tier: got nothing, " + someTier},
		{"unknown tier", "tier: pro", "tier: gold", `tier: got "gold", ` + someTier},
		{"tier's case", "tier: pro", "tier: Pro", `tier: got "Pro", ` + someTier},
		{"state", "state: limited", "state: paused", `state: got "paused", expected active, limited or suspended`},
		{"state null", "state: limited", "state:", "state: got null, expected text in quotes"},
		{"password version", "passwordVersion: 2", "passwordVersion: 0", "passwordVersion: got 0, expected 1 to 1000000"},
		{"password version as text", "passwordVersion: 2", `passwordVersion: "2"`, `passwordVersion: got "2", expected a whole number`},
		{"unknown key", "    tier: pro\n", "    tier: pro\n    teir: pro\n", "teir: got an unknown key, expected platform:settings.tier"},
		{"key of the other kind", "    tier: pro\n", "    tier: pro\n    network: {}\n",
			"network: got an unknown key, expected one of kind, environment, tenant, database, tier, state, passwordVersion"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, rightTenant, test.old)
			_, err := parseFile([]byte(strings.Replace(rightTenant, test.old, test.spoilt, 1)))
			require.EqualError(t, err, "platform:settings."+test.want)
		})
	}
	_, err := parseFile([]byte(strings.NewReplacer("acme", "Acme", "pro\n", "gold\n", "limited", "paused").Replace(rightTenant)))
	for _, key := range []string{"tenant", "tier", "state"} {
		require.ErrorContains(t, err, "platform:settings."+key+": got", "all mistakes at once")
	}
}

// The settings' words about tiers are those of the catalogue, and keys that both kinds have say the same.
func TestTenantSettingsAgreeWithTheirSources(t *testing.T) {
	t.Parallel()
	names := tiers.Names()
	last := len(names) - 1
	require.Equal(t, strings.Join(names[:last], ", ")+" or "+names[last], allowed("tier"))
	environment := map[string]field{}
	for _, f := range fieldsOf(reflect.TypeFor[EnvironmentSettings]()) {
		environment[f.key] = f
	}
	for _, kind := range []reflect.Type{reflect.TypeFor[WorkloadsSettings](), reflect.TypeFor[TenantSettings]()} {
		for _, f := range fieldsOf(kind) {
			if other, both := environment[f.key]; both {
				require.Equal(t, other.allowed, f.allowed, f.key)
			}
		}
	}
}

// environmentOutputs is what a deployed environment tells its tenants.
func environmentOutputs() map[string]any {
	return map[string]any{
		"accountId": pulumitest.Account, "owner": "platform", "costCentre": "4711", "deletionProtection": true,
		"clusterName": "platform-prod-cluster", "clusterEndpoint": "https://api.example", "clusterCertificateAuthority": "Y2E=",
		"provisionerFunctionName": provisioner.FunctionName("prod", "us-east-1"), "secretsKeyArn": "arn:secrets-key",
		"databases": map[string]any{"main": map[string]any{"address": "db.example", "port": 5432.0}},
		"region":    "us-east-1", "imageRepositories": map[string]any{
			"api": "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/api", "secretfiles": "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/secretfiles",
		},
		"tenantPodsRoleArn":  "arn:aws:iam::" + pulumitest.Account + ":role/bounded/tenants-pods-1",
		"cacheAuthSecretArn": "arn:cache", "cachePort": 6379.0, "databaseSubnetCidrs": []any{"10.0.24.0/21"},
	}
}

// deployTenantIn runs the program on a tenant's settings in a stack of that name, in an environment with these outputs.
func deployTenantIn(stack string, change map[string]any, outputs map[string]any) (*pulumitest.Recorder, error) {
	settings := map[string]any{"kind": "tenant", "environment": "prod", "tenant": "acme", "tier": "pro"}
	maps.Copy(settings, change)
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	return pulumitest.Record(Run, pulumitest.WithStackOutputs(outputs), func(info *pulumi.RunInfo) {
		info.Stack = stack
		info.Config = map[string]string{"aws:region": "us-east-1", settingsKey: string(text)}
	})
}

func TestTenantPlan(t *testing.T) {
	t.Parallel()
	r, err := deployTenantIn("prod-tenant-acme", nil, environmentOutputs())
	require.NoError(t, err)
	var types []string
	for _, resource := range r.All() {
		types = append(types, resource.Type)
		if !strings.HasPrefix(resource.Type, "aws:") || !resource.Has("tags") {
			continue
		}
		tags, ok := resource.Value(t, "tags").(map[string]any)
		require.True(t, ok)
		for key, want := range map[string]string{
			tagging.KeyTenant: "acme", tagging.KeyEnvironment: "prod", tagging.KeyOwner: "platform", tagging.KeyCostCentre: "4711", tagging.KeyName: "acme",
		} {
			require.Equal(t, want, tags[key], "%s of %s", key, resource.Type)
		}
		require.NotEmpty(t, tags[tagging.KeyComponent])
	}
	slices.Sort(types)
	require.Equal(t, []string{
		"aws:lambda/invocation:Invocation", "aws:secretsmanager/secret:Secret",
		"genericcorp:schema:Schema", "genericcorp:tenant:Tenant", "pulumi:pulumi:StackReference",
	}, types)
	invocation := r.One(t, "aws:lambda/invocation:Invocation", "acme")
	require.Equal(t, "platform-prod-us-east-1-provisioner", invocation.Value(t, "functionName"))
	secret := r.One(t, "aws:secretsmanager/secret:Secret", "acme")
	require.InDelta(t, 30, secret.Value(t, "recoveryWindowInDays"), 0)
}

func TestTenantFollowsItsEnvironment(t *testing.T) {
	t.Parallel()
	outputs := environmentOutputs()
	outputs["deletionProtection"], outputs["domainName"], outputs["domainZoneId"] = false, "genericcorp.example", "Z0123456789ABC"
	r, err := deployTenantIn("prod-tenant-acme", map[string]any{"state": "suspended", "passwordVersion": 4}, outputs)
	require.NoError(t, err)
	require.InDelta(t, 0, r.One(t, "aws:secretsmanager/secret:Secret", "acme").Value(t, "recoveryWindowInDays"), 0)
	require.Equal(t, "acme.app.genericcorp.example", r.One(t, "aws:route53/record:Record", "acme").Value(t, "name"))
	input := r.One(t, "aws:lambda/invocation:Invocation", "acme").Value(t, "input")
	require.Contains(t, input, `"state":"suspended"`)
	require.Contains(t, input, `"passwordVersion":4`)
	require.Contains(t, input, `"database":"main"`)

	outputs["edgeDnsName"] = "edge.elb.example"
	r, err = deployTenantIn("prod-tenant-acme", nil, outputs)
	require.NoError(t, err)
	require.Empty(t, r.OfType("aws:route53/record:Record"), "the edge's wildcard leads there")
}

// Where the environment says so, the tenant has a place in its cluster, by the provider that reaches it.
func TestTenantInTheCluster(t *testing.T) {
	t.Parallel()
	outputs := environmentOutputs()
	outputs["tenantNamespaces"] = true
	delete(outputs, "region")
	delete(outputs, "databaseSubnetCidrs")
	delete(outputs, "tenantPodsRoleArn")
	_, err := deployTenantIn("prod-tenant-acme", nil, outputs)
	require.ErrorContains(t, err, "environment prod has no output region, databaseSubnetCidrs, tenantPodsRoleArn, without which stack prod-tenant-acme cannot be deployed")

	const role = "arn:aws:iam::" + pulumitest.Account + ":role/bounded/tenants-pods-1"
	outputs["region"], outputs["databaseSubnetCidrs"], outputs["tenantPodsRoleArn"] = "us-east-1", []any{"10.0.24.0/21"}, role
	r, err := deployTenantIn("prod-tenant-acme", nil, outputs)
	require.NoError(t, err)
	require.Contains(t, r.One(t, "kubernetes:core/v1:Namespace", "acme").Provider, "cluster")
	require.Equal(t, role, r.One(t, "aws:eks/podIdentityAssociation:PodIdentityAssociation", "acme").Value(t, "roleArn"))
	require.InDelta(t, 5432, r.One(t, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "acme-ways").Value(t, "spec.egress[2].ports[0].port"), 0)
}

func TestTenantOfAnotherStackIsRefused(t *testing.T) {
	t.Parallel()
	r, err := deployTenantIn("prod-tenant-globex", nil, environmentOutputs())
	require.ErrorContains(t, err, "stack prod-tenant-globex has the settings of tenant acme of environment prod, whose stack is prod-tenant-acme")
	require.Empty(t, r.All())
}

func TestTenantNeedsItsEnvironment(t *testing.T) {
	t.Parallel()
	outputs := environmentOutputs()
	delete(outputs, "provisionerFunctionName")
	delete(outputs, "secretsKeyArn")
	outputs["databases"] = map[string]any{"another": map[string]any{}}
	r, err := deployTenantIn("prod-tenant-acme", nil, outputs)
	require.ErrorContains(t, err, "environment prod has no output provisionerFunctionName, secretsKeyArn, databases.main, without which stack prod-tenant-acme cannot be deployed: deploy the environment first")
	require.Len(t, r.All(), 1, "the reference alone")
}

// An output that is there but not what it is read as is named with the others: nothing is deployed with an empty value in its place.
func TestOutputsOfAnotherTypeAreRefused(t *testing.T) {
	t.Parallel()
	outputs := environmentOutputs()
	outputs["accountId"], outputs["deletionProtection"], outputs["tenantNamespaces"] = 123456789012.0, "yes", "no"
	outputs["databases"] = map[string]any{"main": map[string]any{"address": "db.example", "port": "5432"}}
	r, err := deployTenantIn("prod-tenant-acme", nil, outputs)
	require.ErrorContains(t, err, `environment prod has outputs that stack prod-tenant-acme cannot read; deploy the environment with this version first:
`)
	for _, problem := range []string{
		"accountId: got 123456789012, expected text in quotes", `deletionProtection: got "yes", expected true or false`, `tenantNamespaces: got "no", expected true or false`,
		`databases.main.port: got "5432", expected a whole number`,
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Len(t, r.All(), 1, "the reference alone")

	outputs = environmentOutputs()
	outputs["cachePort"], outputs["databaseSubnetCidrs"], outputs["imageRepositories"] = 6379.5, []any{1.0}, []any{"api"}
	outputs["databases"] = map[string]any{"main": "db.example"}
	_, err = workloadsOf("prod-workloads", nil, outputs)
	for _, problem := range []string{
		"cachePort: got 6379.5, expected a whole number", "databaseSubnetCidrs[0]: got 1, expected text in quotes", "imageRepositories: got a list, expected an object with keys",
		`databases.main: got "db.example", expected an object with keys`,
	} {
		require.ErrorContains(t, err, problem)
	}
}

// Empty is as bad as missing, also within a database.
func TestEmptyOutputsAreRefused(t *testing.T) {
	t.Parallel()
	outputs := environmentOutputs()
	outputs["region"], outputs["databaseSubnetCidrs"], outputs["databases"] = "", []any{}, map[string]any{"main": map[string]any{"address": ""}}
	_, err := workloadsOf("prod-workloads", nil, outputs)
	require.ErrorContains(t, err, "environment prod has no output region, databaseSubnetCidrs, databases.main.address, databases.main.port, without which")
}

// A tenant's worker that cannot be read is not taken for none.
func TestAWorkerOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	outputs := environmentOutputs()
	outputs["tenantNamespaces"], outputs["tenantWorker"] = true, map[string]any{"image": "api"}
	_, err := deployTenantIn("prod-tenant-acme", nil, outputs)
	require.ErrorContains(t, err, "the output tenantWorker of stack prod-workloads is a map[string]interface {}, expected a text of JSON")
}

// What a later stack reads is what an environment exports.
func TestOutputsThatAreReadAreExported(t *testing.T) {
	t.Parallel()
	exported := planOf(t, "prod", withLoadBalancer).outputs
	for _, typ := range []reflect.Type{reflect.TypeFor[siteOutputs](), reflect.TypeFor[tenantEnvironment](), reflect.TypeFor[tenantCluster]()} {
		for _, f := range reflect.VisibleFields(typ) {
			name, _, _ := strings.Cut(f.Tag.Get(tagOutput), ".")
			if f.Anonymous || name == "tenantPodsRoleArn" { // of an environment with namespaces
				continue
			}
			require.NotEmpty(t, name, "%s.%s has no tag", typ, f.Name)
			require.Contains(t, exported, name)
		}
	}
}
