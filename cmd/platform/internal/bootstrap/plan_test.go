package bootstrap

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/components/provisioner"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/stacks"
)

// inFile finds the account in a stack's file, by itself or in the name of a role.
var inFile = regexp.MustCompile(`\b[0-9]{12}\b`)

// planOf is what the program registers for one of the repository's stack files, and with a runner, which each environment gets
// once somebody has made a connection to GitHub, namespaces for tenants, which need one, the edge, which needs a domain, and billing.
func planOf(t *testing.T, stack string) []pulumitest.Resource {
	t.Helper()
	data, err := os.ReadFile("../../../../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	var file struct{ Config map[string]any }
	// The account is the recorder's, wherever the file names its own.
	data = inFile.ReplaceAll(data, []byte(pulumitest.Account))
	require.NoError(t, yaml.Unmarshal(data, &file))
	settings, _ := file.Config["platform:settings"].(map[string]any)
	settings["cluster"].(map[string]any)["tenantNamespaces"] = true //nolint:errcheck // every environment has a cluster
	settings["domain"] = map[string]any{"name": "genericcorp.example", "zoneId": "Z0123456789ABC"}
	settings["edge"] = map[string]any{"enabled": true}
	settings["billing"] = map[string]any{"mode": "test"}
	if settings["runner"] == nil {
		settings["runner"] = map[string]any{
			"repository":    "genericcorp/platform",
			"connectionArn": "arn:aws:codeconnections:us-east-1:" + pulumitest.Account + ":connection/01234567-89ab-cdef-0123-456789abcdef",
		}
	}
	config := map[string]string{}
	for key, value := range file.Config {
		text, isText := value.(string)
		if !isText {
			raw, err := json.Marshal(value)
			require.NoError(t, err)
			text = string(raw)
		}
		config[key] = text
	}
	return pulumitest.Run(t, stacks.Run, pulumitest.WithConfig(config), pulumitest.WithStack(stack)).All()
}

// planOfTenant is what it registers for a tenant with a host name and a namespace.
func planOfTenant(t *testing.T, environment string) []pulumitest.Resource {
	t.Helper()
	settings := `{"kind": "tenant", "environment": "` + environment + `", "tenant": "acme", "tier": "pro"}`
	return pulumitest.Run(t, stacks.Run,
		pulumitest.WithConfig(map[string]string{"aws:region": pulumitest.Region, "platform:settings": settings}),
		pulumitest.WithStackOutputs(map[string]any{
			"accountId": pulumitest.Account, "owner": "platform", "costCentre": "platform", "deletionProtection": true,
			"provisionerFunctionName": provisioner.FunctionName(environment, pulumitest.Region), "secretsKeyArn": "arn:key", "budgetTopicArn": "arn:topic",
			"databases": map[string]any{"main": map[string]any{"address": "db.example", "port": 5432}}, "tenantNamespaces": true, "region": pulumitest.Region, "databaseSubnetCidrs": []any{"10.0.24.0/21"},
			"clusterName": "platform-" + environment + "-cluster", "clusterEndpoint": "https://api.example", "clusterCertificateAuthority": "Y2E=",
			"tenantPodsRoleArn": iamOf + "role/bounded/tenants-pods" + anEnd, "domainName": "genericcorp.example", "domainZoneId": "Z0123456789ABC",
		}),
		pulumitest.WithStack(environment+"-tenant-acme"),
	).All()
}

// planOfWorkloads is what a program that reads its own secrets and all tenants' makes.
func planOfWorkloads(t *testing.T, environment string) []pulumitest.Resource {
	t.Helper()
	digest := "@sha256:" + strings.Repeat("0", 64)
	program := `{"name": "api", "image": "api` + digest + `", "port": 8080, "health": {"live": "/livez"}, "calls": ["database", "cache"],
		"secrets": [{"file": "cache.json", "source": "cache"}], "tenantSecrets": true}`
	settings := `{"kind": "workloads", "environment": "` + environment + `", "workloads": {"secretFilesImage": "secretfiles` + digest + `", "programs": [` + program + `]}}`
	images := pulumitest.Account + ".dkr.ecr." + pulumitest.Region + ".amazonaws.com/platform-" + environment
	return pulumitest.Run(t, stacks.Run,
		pulumitest.WithConfig(map[string]string{"aws:region": pulumitest.Region, "platform:settings": settings}),
		pulumitest.WithStackOutputs(map[string]any{
			"accountId": pulumitest.Account, "owner": "platform", "costCentre": "platform", "deletionProtection": true, "region": pulumitest.Region,
			"provisionerFunctionName": provisioner.FunctionName(environment, pulumitest.Region), "budgetTopicArn": "arn:topic",
			"clusterName": "platform-" + environment + "-cluster", "clusterEndpoint": "https://api.example", "clusterCertificateAuthority": "Y2E=", "secretsKeyArn": aKey,
			"databases":          map[string]any{"main": map[string]any{"address": "db.example", "port": 5432.0}},
			"imageRepositories":  map[string]any{"api": images + "/api", "secretfiles": images + "/secretfiles"},
			"cacheAuthSecretArn": "arn:cache", "cachePort": 6379.0, "databaseSubnetCidrs": []any{"10.0.24.0/21"},
		}),
		pulumitest.WithStack(environment+"-workloads"),
	).All()
}

// typesOf gives the kinds of AWS's resources in a plan.
func typesOf(plan []pulumitest.Resource) []string {
	found := map[string]bool{}
	for _, r := range plan {
		if strings.HasPrefix(r.Type, "aws:") {
			found[r.Type] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// accountOf is the account of an environment, as the tests' plans know it.
func accountOf(environment string) *account { return accountIn(environments.All(), environment) }

func accountIn(registry environments.Registry, environment string) *account {
	return &account{Options: Options{
		Registry:    registry,
		Environment: environment, Account: pulumitest.Account, Region: pulumitest.Region, Repository: "genericcorp/platform", Branch: "main",
	}}
}

// permissionsOf gives the policies of a role, with what bootstrap attaches to it.
func permissionsOf(t *testing.T, environment, name string) []string {
	t.Helper()
	a := accountOf(environment)
	for _, r := range a.roles() {
		if r.name == name {
			return policiesOf(a, r)
		}
	}
	require.FailNow(t, "no role "+name)
	return nil
}

// policiesOf are a role's inline policies, and those of bootstrap's that are attached to it.
func policiesOf(a *account, r role) []string {
	list := slices.Collect(maps.Values(r.permissions))
	for _, m := range a.managed() {
		if slices.Contains(r.attached, a.managedARNs(m.name)[0]) {
			list = append(list, m.document)
		}
	}
	return list
}
