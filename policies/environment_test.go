package policies

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/policies/limits"
	"github.com/genericcorp/platform/policies/rules"
	"github.com/genericcorp/platform/stacks"
)

// configuration is what a stack file of the repository gives the program and the pack.
func configuration(t testing.TB, stack string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	config := map[string]string{}
	for key, value := range file.Config {
		if text, ok := value.(string); ok {
			config[key] = text
			continue
		}
		text, err := json.Marshal(value)
		require.NoError(t, err)
		config[key] = string(text)
	}
	return config
}

// planned records what the program registers for a stack file, as the pack is shown it.
func planned(t testing.TB, stack string) []policyx.AnalyzerResource {
	t.Helper()
	return plannedWith(t, stack, configuration(t, stack))
}

// plannedWith is planned with another configuration than the file's.
func plannedWith(t testing.TB, stack string, config map[string]string) []policyx.AnalyzerResource {
	t.Helper()
	settings, err := stacks.LoadFile("../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	recorder := pulumitest.Run(t, stacks.Run, pulumitest.WithConfig(config), pulumitest.WithStack(stack),
		pulumitest.WithAccount(settings.Environment.Account))
	var list []policyx.AnalyzerResource
	for _, r := range recorder.All() {
		if r.Type == "eks:index:Cluster" {
			list = append(list, controlPlane(r))
			continue
		}
		dependencies := map[string][]string{}
		for property, urns := range r.Request.GetPropertyDependencies() {
			dependencies[property] = urns.GetUrns()
		}
		list = append(list, policyx.AnalyzerResource{
			Type: r.Type, Name: r.Name, URN: r.URN, Parent: r.Parent,
			Properties: resource.FromResourcePropertyMap(r.Inputs), PropertyDependencies: dependencies,
		})
	}
	return list
}

// controlPlane is what the component of pulumi-eks makes of its inputs in its own process, where no recorder sees it.
func controlPlane(r pulumitest.Resource) policyx.AnalyzerResource {
	const token = "aws:eks/cluster:Cluster"
	in := resource.FromResourcePropertyMap(r.Inputs)
	object := func(values map[string]property.Value) property.Value { return property.New(property.NewMap(values)) }
	return policyx.AnalyzerResource{
		Type: token, Name: r.Name + "-eksCluster", Parent: r.Parent,
		URN: strings.Replace(r.URN, r.Type+"::"+r.Name, r.Type+"$"+token+"::"+r.Name+"-eksCluster", 1),
		Properties: property.NewMap(map[string]property.Value{
			"name": in.Get("name"), "version": in.Get("version"), "enabledClusterLogTypes": in.Get("enabledClusterLogTypes"),
			"vpcConfig": object(map[string]property.Value{
				"endpointPrivateAccess": in.Get("endpointPrivateAccess"), "endpointPublicAccess": in.Get("endpointPublicAccess"),
				"publicAccessCidrs": in.Get("publicAccessCidrs"),
			}),
			"encryptionConfig": object(map[string]property.Value{
				"resources": property.New([]property.Value{property.New("secrets")}),
				"provider":  object(map[string]property.Value{"keyArn": in.Get("encryptionConfigKeyArn")}),
			}),
			"accessConfig":  object(map[string]property.Value{"authenticationMode": in.Get("authenticationMode")}),
			"upgradePolicy": object(map[string]property.Value{"supportType": property.New("STANDARD")}), // by a transformation
		}),
	}
}

// reporter collects what policies report.
type reporter struct {
	mu     sync.Mutex
	policy policyx.Policy
	found  []verdict
}

type verdict struct {
	policy, message, urn string
	refuses              bool
}

func (r *reporter) ReportViolation(message, urn string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found = append(r.found, verdict{r.policy.Name(), message, urn, r.policy.EnforcementLevel() == policyx.EnforcementLevelMandatory})
}

// evaluateWithConfig runs the pack over resources as the engine does: each by itself, then all together.
func evaluateWithConfig(t testing.TB, config map[string]string, list []policyx.AnalyzerResource) []verdict {
	t.Helper()
	ctx, err := pulumi.NewContext(t.Context(), pulumi.RunInfo{Stack: pulumitest.Stack, Project: pulumitest.Project, Config: config, DryRun: true})
	require.NoError(t, err)
	s, err := readSettings(ctx, rules.All(), released.Add(12*time.Hour))
	require.NoError(t, err)
	return evaluatePack(t, policies(rules.All(), s), list)
}

func evaluatePack(t testing.TB, pack []policyx.Policy, list []policyx.AnalyzerResource) []verdict {
	t.Helper()
	r := &reporter{}
	for _, each := range list {
		each.PropertyDependencies, each.Parent = nil, "" // the engine tells these only of whole stacks
		for _, p := range pack {
			if p, ok := p.(policyx.ResourceValidationPolicy); ok {
				r.policy = p
				require.NoError(t, p.Validate(t.Context(), policyx.ResourceValidationArgs{Manager: r, Resource: each}))
			}
		}
	}
	for _, p := range pack {
		if p, ok := p.(policyx.StackValidationPolicy); ok {
			r.policy = p
			require.NoError(t, p.Validate(t.Context(), policyx.StackValidationArgs{Manager: r, Resources: list}))
		}
	}
	return r.found
}

// The environments of the repository pass with no exemption: nothing refuses, and what is advised is listed here.
func TestEnvironmentsPass(t *testing.T) {
	t.Parallel()
	everywhere := []string{"monitoring-trail s3-access-logged", "provisioner-archives s3-access-logged"}
	for stack, advised := range map[string][]string{
		"prod":  {},
		"local": {"database-main-instance rds-deletion-protection"},
		"dev": {
			"database-main-instance rds-multi-az", "database-main-instance rds-deletion-protection", "cache-group cache-automatic-failover",
		},
	} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			assert.ElementsMatch(t, append(advised, everywhere...), fired(t, evaluateWithConfig(t, configuration(t, stack), planned(t, stack)), false))
		})
	}
}

// With the edge, which no stack file has because they have no domain, production passes as well, and stays below its limit.
func TestTheEdgePasses(t *testing.T) {
	t.Parallel()
	verdicts := changed(t, "prod", withEdge)
	without := estimated(t, evaluateWithConfig(t, configuration(t, "prod"), planned(t, "prod")))
	assert.ElementsMatch(t, []string{
		"monitoring-trail s3-access-logged", "provisioner-archives s3-access-logged", "edge-logs s3-access-logged",
	}, fired(t, verdicts, false))
	table, err := limits.Embedded()
	require.NoError(t, err)
	for _, part := range table.For("prod").Planned {
		if part.Part == "edge" {
			cost := estimated(t, verdicts).Sub(without)
			assert.True(t, cost.IsPositive() && cost.LessThanOrEqual(part.MonthlyUSD), "the edge costs %s, and has an allowance of %s", cost, part.MonthlyUSD)
			return
		}
	}
	assert.Fail(t, "the edge has no allowance", "remove this half of the test once production has an edge")
}

// What is sent to CloudWatch has a price in the estimate, all that the budgets let through, within the allowance; elsewhere less.
func TestTheCollectorIsPriced(t *testing.T) {
	t.Parallel()
	cost := map[string]decimal.Decimal{}
	for _, stack := range []string{"prod", "dev"} {
		before, after := changed(t, stack), changed(t, stack, func(settings map[string]any) {
			settings["workloads"] = map[string]any{"collector": map[string]any{"enabled": true, "image": "collector@sha256:" + strings.Repeat("a", 64)}}
		})
		assert.ElementsMatch(t, fired(t, before, false), fired(t, after, false), "nothing of it breaks a rule")
		cost[stack] = estimated(t, after).Sub(estimated(t, before))
	}
	table, err := limits.Embedded()
	require.NoError(t, err)
	for _, part := range table.For("prod").Planned {
		if part.Part == "collector" {
			assert.True(t, cost["prod"].GreaterThan(decimal.NewFromInt(30)) && cost["prod"].LessThanOrEqual(part.MonthlyUSD), "it costs %s, and has an allowance of %s", cost["prod"], part.MonthlyUSD)
		}
	}
	assert.True(t, cost["dev"].IsPositive() && cost["dev"].LessThan(decimal.NewFromInt(15)), "dev: %s", cost["dev"])
	t.Log(cost)
}

// Better Stack has a price in the estimate: a licence for each person whom it calls, and the secret of its token
// with a cent for requests.
func TestBetterStackIsPriced(t *testing.T) {
	t.Parallel()
	before := changed(t, "dev", withEdge)
	after := changed(t, "dev", withEdge, func(settings map[string]any) {
		settings["betterStack"] = map[string]any{
			"mode": "on", "responders": 1, "company": "Generic Corp", "companyUrl": "https://genericcorp.example", "subdomain": "genericcorp",
		}
	})
	assert.ElementsMatch(t, fired(t, before, false), fired(t, after, false), "nothing of it breaks a rule")
	assert.Equal(t, "34.41", estimated(t, after).Sub(estimated(t, before)).StringFixed(2))
}

func withEdge(settings map[string]any) {
	settings["domain"] = map[string]any{"name": "genericcorp.example", "zoneId": "Z0123456789ABC"}
	settings["edge"] = map[string]any{"enabled": true}
}

// changed is an environment with other settings, and what the pack says of it.
func changed(t *testing.T, stack string, changes ...func(settings map[string]any)) []verdict {
	t.Helper()
	config := configuration(t, stack)
	var settings map[string]any
	require.NoError(t, json.Unmarshal([]byte(config["platform:settings"]), &settings))
	for _, change := range changes {
		change(settings)
	}
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	config["platform:settings"] = string(text)
	return evaluateWithConfig(t, config, plannedWith(t, stack, config))
}

// estimated is what an environment costs a month by the pack's estimate.
func estimated(t *testing.T, verdicts []verdict) decimal.Decimal {
	t.Helper()
	for _, v := range verdicts {
		if found := regexp.MustCompile(`^Estimated USD ([0-9.]+) a month`).FindStringSubmatch(v.message); found != nil {
			return decimal.RequireFromString(found[1])
		}
	}
	require.FailNow(t, "no estimate")
	return decimal.Zero
}

// fired lists the rules that fired as "<resource> <rule>", and fails where one refuses unless that is expected.
func fired(t *testing.T, verdicts []verdict, mayRefuse bool) []string {
	t.Helper()
	var list []string
	for _, v := range verdicts {
		if v.policy == "cost-estimate" {
			continue
		}
		assert.True(t, mayRefuse || !v.refuses, v.message)
		id, _, _ := strings.Cut(v.message, ":")
		list = append(list, v.urn[strings.LastIndex(v.urn, ":")+1:]+" "+id)
	}
	return list
}

// A stack of 5,000 resources is evaluated in less than two seconds of processor time.
func BenchmarkFiveThousandResources(b *testing.B) {
	config, plan := configuration(b, "prod"), planned(b, "prod")
	list := make([]policyx.AnalyzerResource, 5000)
	for i := range list {
		list[i] = plan[i%len(plan)]
		list[i].URN += "-" + strconv.Itoa(i)
	}
	for b.Loop() {
		evaluateWithConfig(b, config, list)
	}
}

func TestExemptionsAreReported(t *testing.T) {
	t.Parallel()
	config := configuration(t, "prod")
	config["policies:exemptions"] = `[
		{"rule": "s3-access-logged", "resources": "urn:pulumi:*::platform::*aws:s3/bucketV2:BucketV2::monitoring-*", "reason": "CloudTrail is the log of who reads its bucket.", "expires": "2027-06-30"},
		{"rule": "rds-port", "resources": "urn:pulumi:test::platform::*aws:rds/instance:Instance::*", "reason": "It is written down but nobody needs it.", "expires": "2027-06-30"}]`
	var report []string
	for _, v := range evaluateWithConfig(t, config, planned(t, "prod")) {
		assert.NotContains(t, v.message, "s3-access-logged: monitoring")
		if v.policy == "exemptions" {
			report = append(report, v.message)
		}
	}
	require.Len(t, report, 2)
	assert.Contains(t, report[0], "used by 1 resource, monitoring-trail, until 2027-06-30")
	assert.Contains(t, report[1], "unused, remove it")
}

// Who sets amounts of usage of his own does so in the open.
func TestOwnUsageIsReported(t *testing.T) {
	t.Parallel()
	estimate := func(config map[string]string) string {
		for _, v := range evaluateWithConfig(t, config, planned(t, "prod")) {
			if v.policy == "cost-estimate" {
				return v.message
			}
		}
		return ""
	}
	config := configuration(t, "prod")
	assert.NotContains(t, estimate(config), "policies:usage")
	config["policies:usage"] = `{"quantities": {"nat.processedGB": 0}}`
	assert.Contains(t, estimate(config), "overrides assumed usage (policies:usage)")
}

func TestClockBeforeTheRelease(t *testing.T) {
	t.Parallel()
	ctx, err := pulumi.NewContext(t.Context(), pulumi.RunInfo{Stack: "test", Project: "platform"})
	require.NoError(t, err)
	_, err = readSettings(ctx, rules.All(), time.Unix(0, 0).UTC())
	assert.ErrorContains(t, err, "the clock reads 1970-01-01T00:00:00Z, before this policy pack was released: set it")
}

// Settings that cannot be read are held to production's rules and the tightest limits.
func TestUnreadableSettingsAreHeldTight(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "7", `{"environment": 7}`, `{"environment": "staging"}`} {
		ctx, err := pulumi.NewContext(t.Context(), pulumi.RunInfo{Stack: "test", Project: "platform", Config: map[string]string{"platform:settings": text}})
		require.NoError(t, err)
		s, err := readSettings(ctx, rules.All(), released)
		require.NoError(t, err, text)
		assert.True(t, s.environment.Production, text)
		assert.Equal(t, "450", s.environment.Money.Limit.Limit.String(), text)
	}
}
