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

// costRules are the rules of money. The total of the stack is judged twice: at the end, by the whole estimate, and
// while a deployment creates, by a running total, so that a deployment without a preview stops before it spends.
func costRules() []*Rule {
	return slices.Concat(totalRules(), shapeRules())
}

// totalRules judge dollars.
func totalRules() []*Rule {
	own := []string{"own"}
	return []*Rule{
		{
			ID: "cost-limit", Severity: Mandatory, Frameworks: own, Types: []string{everyType}, Final: true,
			Must:       "a stack must not cost more a month than its limit",
			Remedy:     "make it smaller, or let somebody approve more in policies:costLimit",
			Limits:     "an estimate at prices on demand, with the usage that usage/defaults.yaml assumes",
			judgeStack: judgeTotal,
		},
		{
			ID: "cost-limit-while-creating", Severity: Mandatory, Frameworks: own, Types: []string{everyType}, Final: true,
			Must:   "no resource may be created that takes the stack beyond its monthly limit",
			Remedy: "make it smaller, or let somebody approve more in policies:costLimit",
			Limits: "silent in a preview, where cost-limit judges the whole; counts resources in the order of their creation",
			judge:  judgeRunningTotal,
		},
		{
			ID: "cost-limit-approved", Severity: Mandatory, Frameworks: own, Types: []string{stackType}, Final: true,
			Must:   "a monthly limit beyond that of limits.yaml must be approved, and the approval must not have expired",
			Remedy: "lower budget.monthlyLimitUsd, or renew or remove policies:costLimit",
			judge:  judgeApproval,
		},
		{
			ID: "cost-priced", Severity: Mandatory, Frameworks: own, Types: []string{everyType},
			Must:   "every resource must have a price",
			Remedy: "add the price to the catalogue, or list the type as free with the reason",
			judge:  judgePrices,
		},
		{
			ID: "cost-resource-cap", Severity: Mandatory, Frameworks: own, Types: []string{everyType},
			Must:   "one resource must not cost more a month than its environment allows of one",
			Remedy: "make it smaller, or split it",
			judge:  judgeResourceCap,
		},
		{
			ID: "cost-forecast", Severity: Advisory, Frameworks: own, Types: []string{everyType},
			Must:       fmt.Sprintf("a stack should stay below %d per cent of its limit, and below the limit when what scales by itself is at its largest", warnAt),
			Remedy:     "plan for more money or for less load before the limit refuses a deployment",
			judgeStack: judgeForecast,
		},
		{
			ID: "cost-prices-fresh", Severity: Advisory, Frameworks: own, Types: []string{everyType},
			Must:       "the price catalogue should be up to date",
			Remedy:     "refresh it by: platform cost refresh",
			judgeStack: judgeFreshness,
		},
	}
}

// shapeRules judge what an environment may consist of.
func shapeRules() []*Rule {
	own := []string{"own"}
	return []*Rule{
		{
			ID: "cost-instance-type", Severity: Mandatory, Frameworks: own, Types: servers,
			Must:   "a server must have a type that its environment allows",
			Remedy: "choose one of instanceTypes in limits.yaml",
			judge:  judgeInstanceTypes,
		},
		{
			ID: "cost-database-class", Severity: Mandatory, Frameworks: own, Types: []string{dbInstance, dbClusterInstance},
			Must:   "a database must have a class that its environment allows",
			Remedy: "choose one of databaseClasses in limits.yaml",
			judge: func(env Environment, r *Resource) []string {
				return notAllowed("class", []string{r.Properties.Text("instanceClass").Value}, env.Limits.DatabaseClasses)
			},
		},
		{
			ID: "cost-cache-node-type", Severity: Mandatory, Frameworks: own, Types: []string{replicationGroup, cacheCluster},
			Must:   "a cache must have a node type that its environment allows",
			Remedy: "choose one of cacheNodeTypes in limits.yaml",
			judge: func(env Environment, r *Resource) []string {
				return notAllowed("node type", []string{r.Properties.Text("nodeType").Value}, env.Limits.CacheNodeTypes)
			},
		},
		{
			ID: "cost-cache-nodes", Severity: Mandatory, Frameworks: own, Types: []string{replicationGroup, cacheCluster},
			Must:   "a cache must not have more nodes than its environment allows",
			Remedy: "lower numCacheClusters, numCacheNodes, numNodeGroups or replicasPerNodeGroup",
			judge:  judgeCacheNodes,
		},
		{
			ID: "cost-node-group-size", Severity: Mandatory, Frameworks: own, Types: []string{eksNodeGroup, scalingGroup},
			Must:   "a group of servers must not grow beyond what its environment allows",
			Remedy: "lower its maxSize",
			judge:  judgeGroupSize,
		},
		{
			ID: "cost-nat-gateways", Severity: Mandatory, Frameworks: own, Types: []string{natGateway},
			Must:   "a stack must not have more NAT gateways than its environment allows",
			Remedy: "share one among zones",
			judgeStack: func(env Environment, s *Stack) []sighting {
				return tooMany(s, s.ofType(natGateway), env.Limits.NATGateways)
			},
		},
		{
			ID: "cost-interface-endpoints", Severity: Mandatory, Frameworks: own, Types: []string{vpcEndpoint},
			Must:   "a stack must not have more interface endpoints than its environment allows, for each is paid in each zone",
			Remedy: "keep those that carry more than a NAT gateway would charge for",
			judgeStack: func(env Environment, s *Stack) []sighting {
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

func judgeTotal(env Environment, s *Stack) []sighting {
	report := env.Money.Report(s)
	if report.Total().LessThanOrEqual(env.Money.Limit.Limit) {
		return nil
	}
	return []sighting{{s.root, fmt.Sprintf("it would cost %s (%s fixed, %s by use) and the limit is %s (%s); the dearest are %s",
		usd(report.Total()), usd(report.Fixed), usd(report.Usage), usd(env.Money.Limit.Limit), env.Money.Limit.Basis, dearest(report, 3))}}
}

// dearest names the resources that cost most.
func dearest(report estimator.Report, n int) string {
	costs := slices.Clone(report.Resources)
	slices.SortStableFunc(costs, func(a, b estimator.ResourceCost) int { return b.Total().Cmp(a.Total()) })
	var names []string
	for _, c := range costs[:min(n, len(costs))] {
		names = append(names, c.Name+" "+usd(c.Total()))
	}
	return strings.Join(names, ", ")
}

func judgeRunningTotal(env Environment, r *Resource) []string {
	p := env.Money.add(r)
	limit := env.Money.Limit.Limit
	if env.Money.Preview || !p.cost.Total().IsPositive() || p.total.LessThanOrEqual(limit) {
		return nil
	}
	return []string{fmt.Sprintf("with this one, for %s, it would cost %s and the limit is %s", usd(p.cost.Total()), usd(p.total), usd(limit))}
}

func judgeApproval(env Environment, _ *Resource) []string {
	if env.Money.Limit.Refusal == "" {
		return nil
	}
	return []string{env.Money.Limit.Refusal}
}

func judgePrices(env Environment, r *Resource) []string {
	var seen []string
	for _, problem := range env.Money.add(r).problems {
		if problem.Blocking {
			seen = append(seen, problem.Message)
		}
	}
	return seen
}

func judgeResourceCap(env Environment, r *Resource) []string {
	total := env.Money.add(r).cost.Total()
	if total.LessThanOrEqual(env.Limits.ResourceUSD) {
		return nil
	}
	return []string{fmt.Sprintf("it would cost %s and %s are allowed", usd(total), usd(env.Limits.ResourceUSD))}
}

func judgeForecast(env Environment, s *Stack) []sighting {
	report, limit := env.Money.Report(s), env.Money.Limit.Limit
	switch total := report.Total(); {
	case total.GreaterThan(limit):
		return nil // cost-limit refuses it
	case total.Mul(decimal.NewFromInt(100)).GreaterThanOrEqual(limit.Mul(decimal.NewFromInt(warnAt))):
		return []sighting{{s.root, fmt.Sprintf("it would cost %s of %s", usd(total), usd(limit))}}
	case report.Maximum.GreaterThan(limit):
		return []sighting{{s.root, fmt.Sprintf("at its largest it would cost %s and the limit is %s", usd(report.Maximum), usd(limit))}}
	}
	return nil
}

func judgeFreshness(env Environment, s *Stack) []sighting {
	if message := env.Prices.Freshness(env.Today).Message; message != "" {
		return []sighting{{s.root, message}}
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

func judgeCacheNodes(env Environment, r *Resource) []string {
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

// judgeInstanceTypes looks at every place where a type of server may stand.
func judgeInstanceTypes(env Environment, r *Resource) []string {
	types := append(slices.Clone(r.Properties.Texts("instanceTypes").Value), r.Properties.Text("instanceType").Value)
	for _, override := range r.Properties.Objects("mixedInstancesPolicy.launchTemplate.overrides").Value {
		types = append(types, override.Text("instanceType").Value)
	}
	return notAllowed("instance type", types, env.Limits.InstanceTypes)
}

func judgeGroupSize(env Environment, r *Resource) []string {
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
func tooMany(s *Stack, found []*Resource, allowed int) []sighting {
	if len(found) <= allowed {
		return nil
	}
	return []sighting{{s.root, fmt.Sprintf("it has %d and %d are allowed", len(found), allowed)}}
}
