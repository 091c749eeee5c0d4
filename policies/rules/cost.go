package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/estimator"
)

const (
	natGateway   = "aws:ec2/natGateway:NatGateway"
	scalingGroup = "aws:autoscaling/group:Group"
	everyType    = "*"

	// warnAt is the share of the limit from which the forecast warns, in hundredths.
	warnAt = 90
)

// servers are the types in which a type of server stands.
var servers = []string{
	eksNodeGroup, instance, launchTemplate, scalingGroup, "aws:ec2/launchConfiguration:LaunchConfiguration",
	"aws:ec2/spotInstanceRequest:SpotInstanceRequest",
}

// costRules are the rules of money. The total of the stack is checked twice: at the end, by the whole estimate, and
// while a deployment creates, by a running total, so that a deployment without a preview stops before it spends.
func costRules() []*Rule {
	return slices.Concat(totalRules(), shapeRules())
}

// totalRules limit dollars.
func totalRules() []*Rule {
	own := []string{"own"}
	return []*Rule{
		{
			ID: "cost-limit", Severity: Mandatory, Frameworks: own, Types: []string{everyType}, Final: true,
			Must:          "a stack must not cost more a month than its limit, an environment with all tenants that it may have, support and tax",
			Remedy:        "make it smaller, or get a higher limit approved in policies:costLimit",
			Limits:        "an estimate at on-demand prices, with the usage assumed in usage/defaults.yaml",
			evaluateStack: checkTotal,
		},
		{
			ID: "cost-limit-while-creating", Severity: Mandatory, Frameworks: own, Types: []string{everyType}, Final: true,
			Must:     "no resource may be created that takes the stack over its monthly limit",
			Remedy:   "make it smaller, or get a higher limit approved in policies:costLimit",
			Limits:   "silent in a preview, where cost-limit checks the total; counts resources in the order of their creation",
			evaluate: checkRunningTotal,
		},
		{
			ID: "cost-limit-approved", Severity: Mandatory, Frameworks: own, Types: []string{stackType}, Final: true,
			Must:     "a monthly limit above that of limits.yaml must be approved, and the approval must not have expired",
			Remedy:   "lower budget.monthlyLimitUsd, or renew or remove policies:costLimit",
			evaluate: checkApproval,
		},
		{
			ID: "cost-priced", Severity: Mandatory, Frameworks: own, Types: []string{everyType},
			Must:     "every resource must have a price",
			Remedy:   "add the price to the catalogue, or list the type as free with the reason",
			evaluate: checkPrices,
		},
		{
			ID: "cost-resource-cap", Severity: Mandatory, Frameworks: own, Types: []string{everyType},
			Must:     "one resource must not cost more a month than its environment allows for a single resource",
			Remedy:   "make it smaller, or split it",
			evaluate: checkResourceCap,
		},
		{
			ID: "cost-forecast", Severity: Advisory, Frameworks: own, Types: []string{everyType},
			Must:          fmt.Sprintf("a stack should stay below %d per cent of its limit, and below the limit when everything that grows is at its largest and what is planned is there", warnAt),
			Remedy:        "plan for a higher limit or a smaller stack before a deployment is refused",
			evaluateStack: checkForecast,
		},
		{
			ID: "cost-prices-fresh", Severity: Advisory, Frameworks: own, Types: []string{everyType},
			Must:          "the price catalogue should be up to date",
			Remedy:        "run: platform cost refresh",
			evaluateStack: checkFreshness,
		},
	}
}

// shapeRules limit what an environment may consist of.
func shapeRules() []*Rule {
	own := []string{"own"}
	return []*Rule{
		{
			ID: "cost-instance-type", Severity: Mandatory, Frameworks: own, Types: servers,
			Must:     "an instance must have a type that its environment allows",
			Remedy:   "choose one of instanceTypes in limits.yaml",
			evaluate: checkInstanceTypes,
		},
		{
			ID: "cost-database-class", Severity: Mandatory, Frameworks: own, Types: []string{dbInstance, dbClusterInstance},
			Must:   "a database must have a class that its environment allows",
			Remedy: "choose one of databaseClasses in limits.yaml",
			evaluate: func(env Environment, r *Resource) []string {
				return notAllowed("class", []string{r.Properties.Text("instanceClass").Value}, env.Limits.DatabaseClasses)
			},
		},
		{
			ID: "cost-cache-node-type", Severity: Mandatory, Frameworks: own, Types: []string{replicationGroup, cacheCluster},
			Must:   "a cache must have a node type that its environment allows",
			Remedy: "choose one of cacheNodeTypes in limits.yaml",
			evaluate: func(env Environment, r *Resource) []string {
				return notAllowed("node type", []string{r.Properties.Text("nodeType").Value}, env.Limits.CacheNodeTypes)
			},
		},
		{
			ID: "cost-cache-nodes", Severity: Mandatory, Frameworks: own, Types: []string{replicationGroup, cacheCluster},
			Must:     "a cache must not have more nodes than its environment allows",
			Remedy:   "lower numCacheClusters, numCacheNodes, numNodeGroups or replicasPerNodeGroup",
			evaluate: checkCacheNodes,
		},
		{
			ID: "cost-node-group-size", Severity: Mandatory, Frameworks: own, Types: []string{eksNodeGroup, scalingGroup},
			Must:     "a group of instances must not grow beyond what its environment allows",
			Remedy:   "lower its maxSize",
			evaluate: checkGroupSize,
		},
		{
			ID: "cost-nat-gateways", Severity: Mandatory, Frameworks: own, Types: []string{natGateway},
			Must:   "a stack must not have more NAT gateways than its environment allows",
			Remedy: "share one between zones",
			evaluateStack: func(env Environment, s *Stack) []finding {
				return tooMany(s, s.ofType(natGateway), env.Limits.NATGateways)
			},
		},
		{
			ID: "cost-interface-endpoints", Severity: Mandatory, Frameworks: own, Types: []string{vpcEndpoint},
			Must:   "a stack must not have more interface endpoints than its environment allows, because each is billed in each zone",
			Remedy: "keep those that save more than they cost, compared with a NAT gateway",
			evaluateStack: func(env Environment, s *Stack) []finding {
				var interfaces []*Resource
				for _, endpoint := range s.ofType(vpcEndpoint) {
					if endpoint.Properties.Text("vpcEndpointType").Value == "Interface" {
						interfaces = append(interfaces, endpoint)
					}
				}
				return tooMany(s, interfaces, env.Limits.InterfaceEndpoints)
			},
		},
	}
}

func usd(amount decimal.Decimal) string { return "USD " + estimator.Cents(amount) }

func checkTotal(env Environment, s *Stack) []finding {
	report := env.Money.Report(s)
	whole := env.Money.Bill.AtCeiling(report.Total())
	if whole.Total.LessThanOrEqual(env.Money.Limit.Limit) {
		return nil
	}
	return []finding{{s.root, fmt.Sprintf("it would cost %s (%s fixed, %s by use)%s and the limit is %s (%s); the most expensive are %s",
		usd(report.Total()), usd(report.Fixed), usd(report.Usage), besides(whole), usd(env.Money.Limit.Limit), env.Money.Limit.Basis, mostExpensive(report, 3))}}
}

// mostExpensive names the resources that cost most.
func mostExpensive(report estimator.Report, n int) string {
	costs := slices.Clone(report.Resources)
	slices.SortStableFunc(costs, func(a, b estimator.ResourceCost) int { return b.Total().Cmp(a.Total()) })
	var names []string
	for _, c := range costs[:min(n, len(costs))] {
		names = append(names, c.Name+" "+usd(c.Total()))
	}
	return strings.Join(names, ", ")
}

func checkRunningTotal(env Environment, r *Resource) []string {
	p := env.Money.add(r)
	limit, whole := env.Money.Limit.Limit, env.Money.Bill.AtCeiling(p.total)
	if env.Money.Preview || !p.cost.Total().IsPositive() || whole.Total.LessThanOrEqual(limit) {
		return nil
	}
	return []string{fmt.Sprintf("with this resource, which costs %s, the stack would cost %s%s and the limit is %s",
		usd(p.cost.Total()), usd(p.total), besides(whole), usd(limit))}
}

func checkApproval(env Environment, _ *Resource) []string {
	if env.Money.Limit.Refusal == "" {
		return nil
	}
	return []string{env.Money.Limit.Refusal}
}

func checkPrices(env Environment, r *Resource) []string {
	var seen []string
	for _, problem := range env.Money.add(r).problems {
		if problem.Blocking {
			seen = append(seen, problem.Message)
		}
	}
	return seen
}

func checkResourceCap(env Environment, r *Resource) []string {
	total := env.Money.add(r).cost.Total()
	if total.LessThanOrEqual(env.Limits.ResourceUSD) {
		return nil
	}
	return []string{fmt.Sprintf("it would cost %s and the maximum is %s", usd(total), usd(env.Limits.ResourceUSD))}
}

func checkForecast(env Environment, s *Stack) []finding {
	report, limit := env.Money.Report(s), env.Money.Limit.Limit
	whole, largest := env.Money.Bill.AtCeiling(report.Total()), env.Money.Bill.Largest(report.Maximum)
	switch {
	case whole.Total.GreaterThan(limit):
		return nil // cost-limit refuses it
	case whole.Total.Mul(decimal.NewFromInt(100)).GreaterThanOrEqual(limit.Mul(decimal.NewFromInt(warnAt))):
		return []finding{{s.root, fmt.Sprintf("it would cost %s%s of %s", usd(report.Total()), besides(whole), usd(limit))}}
	case largest.Total.GreaterThan(limit):
		return []finding{{s.root, fmt.Sprintf("at its largest it would cost %s%s and the limit is %s", usd(report.Maximum), besides(largest), usd(limit))}}
	}
	return nil
}

func checkFreshness(env Environment, s *Stack) []finding {
	if message := env.Prices.Freshness(env.Today).Message; message != "" {
		return []finding{{s.root, message}}
	}
	return nil
}

// notAllowed says which of some names fit none of the patterns. An empty name is one that is not given or not known.
func notAllowed(what string, names, patterns []string) []string {
	var seen []string
	for _, name := range names {
		fits := func(pattern string) bool { return fitsPattern(pattern, name) }
		if name != "" && !slices.ContainsFunc(patterns, fits) {
			seen = append(seen, fmt.Sprintf("the %s %s is not among %s", what, name, strings.Join(patterns, ", ")))
		}
	}
	return seen
}

// fitsPattern tells whether a name has the form of a pattern, at whose end a * may stand for any characters.
func fitsPattern(pattern, name string) bool {
	if head, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(name, head)
	}
	return name == pattern
}

func checkCacheNodes(env Environment, r *Resource) []string {
	count := func(path string, unless float64) float64 {
		if v := r.Properties.Number(path); v.Known() {
			return v.Value
		}
		return unless
	}
	nodes := max(count("numCacheClusters", 0), count("numCacheNodes", 0), count("numNodeGroups", 1)*(1+count("replicasPerNodeGroup", 0)))
	if nodes <= float64(env.Limits.CacheNodes) {
		return nil
	}
	return []string{fmt.Sprintf("it has %s and %d are allowed", number(nodes), env.Limits.CacheNodes)}
}

// checkInstanceTypes looks at every place where a type of server may stand.
func checkInstanceTypes(env Environment, r *Resource) []string {
	types := append(slices.Clone(r.Properties.Texts("instanceTypes").Value), r.Properties.Text("instanceType").Value)
	for _, override := range r.Properties.Objects("mixedInstancesPolicy.launchTemplate.overrides").Value {
		types = append(types, override.Text("instanceType").Value)
	}
	return notAllowed("instance type", types, env.Limits.InstanceTypes)
}

func checkGroupSize(env Environment, r *Resource) []string {
	path := "scalingConfig.maxSize"
	if r.Type == scalingGroup {
		path = "maxSize"
	}
	if v := r.Properties.Number(path); !v.Known() || v.Value <= float64(env.Limits.Nodes) {
		return nil
	}
	return []string{fmt.Sprintf("%s and %d are allowed", r.Properties.Describe(path), env.Limits.Nodes)}
}

// tooMany reports once, at the stack, how many there are.
func tooMany(s *Stack, found []*Resource, allowed int) []finding {
	if len(found) <= allowed {
		return nil
	}
	return []finding{{s.root, fmt.Sprintf("it has %d and %d are allowed", len(found), allowed)}}
}
