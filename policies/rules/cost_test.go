package rules

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdktest "github.com/pulumi/pulumi/sdk/v3/go/property/testing"

	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
	"github.com/genericcorp/platform/policies/limits"
)

// whole is an environment of affordable things with 100 tenants at 0.50, a tenth for support, and a tenth of all for tax: 312.32
// a month.
func whole(t testing.TB, monthly int64, preview bool) Environment {
	t.Helper()
	env := budgeted(t, monthly, preview)
	env.Money.Bill = bill.Terms{
		Support: bill.Support{Plan: "some", Share: decimal.New(1, -1)}, TaxPercent: decimal.NewFromInt(10), TenantUSD: decimal.New(5, -1), Ceiling: 100,
		PlannedUSD: decimal.NewFromInt(40),
	}
	return env
}

// budgeted is the environment of a stack that may cost some dollars a month, without usage.
func budgeted(t testing.TB, monthly int64, preview bool) Environment {
	t.Helper()
	e, err := estimator.New(prices, usage.None(), estimator.Options{Now: today})
	require.NoError(t, err)
	return Environment{
		Production: true, Today: today, Prices: prices,
		Limits: limits.Limits{
			ResourceUSD: decimal.NewFromInt(200), InstanceTypes: []string{"t4g.*", "m7g.large"}, DatabaseClasses: []string{"db.t4g.medium"},
			CacheNodeTypes: []string{"cache.t4g.small"}, NATGateways: 1, InterfaceEndpoints: 1, CacheNodes: 2, Nodes: 3,
		},
		Money: NewMoney(e, limits.Monthly{Limit: decimal.NewFromInt(monthly), Basis: "limits.yaml"}, bill.Terms{}, preview),
	}
}

// affordable costs 208.12 a month: 73.00 cluster, 49.75 database, 32.85 NAT, 26.53 nodes, 18.69 cache, 7.30 endpoint.
func affordable() map[string]sample {
	return map[string]sample{
		"stack":    {stackType, nil, nil},
		"cluster":  {eksCluster, props{"version": "1.35"}, nil},
		"nodes":    {eksNodeGroup, props{"instanceTypes": list{"t4g.medium"}, "scalingConfig": props{"desiredSize": 1, "minSize": 1, "maxSize": 1}, "diskSize": 20}, nil},
		"nat":      {natGateway, props{"connectivityType": "private"}, nil},
		"endpoint": {vpcEndpoint, props{"vpcEndpointType": "Interface", "serviceName": "com.amazonaws.us-east-1.ecr.api", "subnetIds": list{"subnet-1"}}, nil},
		"database": {dbInstance, props{"engine": "postgres", "engineVersion": "17.6", "instanceClass": "db.t4g.medium", "allocatedStorage": 20, "storageType": "gp3"}, nil},
		"cache":    {replicationGroup, props{"engine": "valkey", "engineVersion": "8.1", "nodeType": "cache.t4g.small", "numCacheClusters": 1}, nil},
	}
}

func evaluateCost(env Environment, samples map[string]sample) []string {
	return evaluateTable(Cost(), env, resources(samples))
}

func TestAffordableStackPasses(t *testing.T) {
	t.Parallel()
	for _, preview := range []bool{true, false} {
		assert.Empty(t, evaluateCost(budgeted(t, 300, preview), affordable()))
	}
}

func TestCostMutations(t *testing.T) {
	t.Parallel()
	for _, m := range []mutation{
		{"nodes", "instanceTypes", list{"t4g.medium", "c7g.large"}, []string{"nodes cost-instance-type: the instance type c7g.large is not among t4g.*, m7g.large"}},
		{"nodes", "scalingConfig.maxSize", 4, []string{"nodes cost-node-group-size: scalingConfig.maxSize is 4 and 3 are allowed"}},
		{"database", "instanceClass", "db.t4g.large", []string{"database cost-database-class: the class db.t4g.large is not among db.t4g.medium"}},
		{"database", "instanceClass", "db.z9.large", []string{
			"database cost-database-class: the class db.z9.large is not among db.t4g.medium",
			"database cost-priced: no price for AmazonRDS instance db.z9.large/postgresql/single-az in us-east-1: choose one that has a price, or add it to the catalogue with its source"}},
		{"database", "allocatedStorage", 2000, []string{"database cost-resource-cap: it would cost USD 277.45 and the maximum is USD 200.00"}},
		{"cache", "nodeType", "cache.t4g.micro", []string{"cache cost-cache-node-type: the node type cache.t4g.micro is not among cache.t4g.small"}},
		{"cache", "numCacheClusters", 3, []string{"cache cost-cache-nodes: it has 3 and 2 are allowed"}},
		{"cache", "numNodeGroups", 3, []string{"cache cost-cache-nodes: it has 3 and 2 are allowed"}},
	} {
		var want []string
		for _, w := range m.want {
			want = append(want, inFull(t, w))
		}
		slices.Sort(want)
		samples := affordable()
		s := samples[m.at]
		s.props, _ = put(s.props, m.path, m.value).(props)
		samples[m.at] = s
		assert.Equal(t, want, evaluateCost(budgeted(t, 1000, true), samples), "%s %s = %v", m.at, m.path, m.value)
	}
}

// An instance type is checked wherever it may be given.
func TestEveryServerIsJudged(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]sample{
		"template":      {launchTemplate, props{"instanceType": "c7g.large"}, nil},
		"server":        {instance, props{"instanceType": "c7g.large"}, nil},
		"spot":          {"aws:ec2/spotInstanceRequest:SpotInstanceRequest", props{"instanceType": "c7g.large"}, nil},
		"configuration": {"aws:ec2/launchConfiguration:LaunchConfiguration", props{"instanceType": "c7g.large"}, nil},
		"group": {scalingGroup, props{"maxSize": 3, "mixedInstancesPolicy": props{"launchTemplate": props{
			"overrides": list{props{"instanceType": "t4g.medium"}, props{"instanceType": "c7g.large"}}}}}, nil},
	} {
		messages := evaluateCost(budgeted(t, 1000, true), map[string]sample{name: s})
		assert.Contains(t, messages, inFull(t, name+" cost-instance-type: the instance type c7g.large is not among t4g.*, m7g.large"))
	}
	crowd := map[string]sample{"group": {scalingGroup, props{"minSize": 0, "maxSize": 4, "launchConfiguration": "elsewhere"}, nil}}
	assert.Contains(t, evaluateCost(budgeted(t, 1000, true), crowd), inFull(t, "group cost-node-group-size: maxSize is 4 and 3 are allowed"))
}

func TestCounts(t *testing.T) {
	t.Parallel()
	samples := affordable()
	samples["nat-2"], samples["endpoint-2"] = samples["nat"], samples["endpoint"]
	want := []string{
		inFull(t, "stack cost-interface-endpoints: it has 2 and 1 are allowed"), inFull(t, "stack cost-nat-gateways: it has 2 and 1 are allowed"),
	}
	assert.Equal(t, want, evaluateCost(budgeted(t, 1000, true), samples))
}

func TestTotal(t *testing.T) {
	t.Parallel()
	preview := evaluateCost(budgeted(t, 200, true), affordable())
	assert.Equal(t, []string{inFull(t, "stack cost-limit: it would cost USD 208.12 (USD 208.12 fixed, USD 0.00 by use) and the limit is USD 200.00 (limits.yaml); "+
		"the most expensive are cluster USD 73.00, database USD 49.75, nat USD 32.85")}, preview)

	// While creating, the resource that goes over is refused at once, and so is what follows and costs something.
	creating := evaluateCost(budgeted(t, 200, false), affordable())
	assert.Contains(t, creating, inFull(t, "nodes cost-limit-while-creating: with this resource, which costs USD 26.53, the stack would cost USD 208.12 and the limit is USD 200.00"))
	assert.Len(t, creating, 2)
}

// The limit holds for the environment with all tenants that there may be, support and tax.
func TestWholeBill(t *testing.T) {
	t.Parallel()
	const besides = "USD 208.12 (USD 208.12 fixed, USD 0.00 by use), and USD 312.32 with USD 50.00 of 100 tenants, USD 25.81 of support, USD 28.39 of tax"
	assert.Equal(t, []string{inFull(t, "stack cost-limit: it would cost "+besides+" and the limit is USD 310.00 (limits.yaml); "+
		"the most expensive are cluster USD 73.00, database USD 49.75, nat USD 32.85")}, evaluateCost(whole(t, 310, true), affordable()))
	assert.Contains(t, evaluateCost(whole(t, 310, false), affordable()), inFull(t, "nodes cost-limit-while-creating: with this resource, which costs USD 26.53, "+
		"the stack would cost USD 208.12, and USD 312.32 with USD 50.00 of 100 tenants, USD 25.81 of support, USD 28.39 of tax and the limit is USD 310.00"))
	assert.Equal(t, []string{inFull(t, "stack cost-forecast: it would cost USD 208.12, and USD 312.32 with USD 50.00 of 100 tenants, USD 25.81 of support, "+
		"USD 28.39 of tax of USD 340.00")}, evaluateCost(whole(t, 340, true), affordable()))
	assert.Equal(t, []string{inFull(t, "stack cost-forecast: at its largest it would cost USD 208.12, and USD 360.72 with USD 50.00 of 100 tenants, "+
		"USD 40.00 of what is planned, USD 29.81 of support, USD 32.79 of tax and the limit is USD 350.00")}, evaluateCost(whole(t, 350, true), affordable()))
	assert.Empty(t, evaluateCost(whole(t, 380, true), affordable()))
}

func TestForecast(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{inFull(t, "stack cost-forecast: it would cost USD 208.12 of USD 230.00")}, evaluateCost(budgeted(t, 230, true), affordable()))
	growing := affordable()
	nodes := growing["nodes"]
	nodes.props, _ = put(nodes.props, "scalingConfig.maxSize", 3).(props)
	growing["nodes"] = nodes
	assert.Equal(t, []string{inFull(t, "stack cost-forecast: at its largest it would cost USD 261.17 and the limit is USD 250.00")},
		evaluateCost(budgeted(t, 250, true), growing))
}

func TestApprovalAndFreshness(t *testing.T) {
	t.Parallel()
	env := budgeted(t, 300, true)
	env.Money.Limit.Refusal = "the approval of USD 3000.00 by Chief Financial Officer expired on 2026-11-22"
	env.Today = time.Date(2027, time.June, 1, 0, 0, 0, 0, time.UTC)
	messages := evaluateCost(env, affordable())
	require.Len(t, messages, 2)
	assert.Contains(t, messages, inFull(t, "stack cost-limit-approved: "+env.Money.Limit.Refusal))
	assert.Regexp(t, `^stack: cost-prices-fresh: .* was checked \d+ days ago`, messages[1])
}

// No property of any resource makes the rules of money panic.
func TestRandomValuesDoNotStopTheRulesOfMoney(t *testing.T) {
	t.Parallel()
	env := budgeted(t, 1000, false)
	rapid.Check(t, func(t *rapid.T) {
		samples := affordable()
		at := rapid.SampledFrom([]string{"cache", "cluster", "database", "endpoint", "nat", "nodes"}).Draw(t, "resource")
		s := samples[at]
		path := rapid.SampledFrom(slices.Sorted(slices.Values(paths("", s.props)))).Draw(t, "path")
		s.props, _ = put(s.props, path, sdktest.Value(4).Draw(t, "value")).(props)
		samples[at] = s
		evaluateCost(env, samples)
	})
}
