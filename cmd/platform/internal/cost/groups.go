package cost

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
)

// grouped is what a stack costs a month, by the groups in which it is shared among tenants, and how much of it could be used.
type grouped struct {
	usd                      [allocation.Platform + 1]decimal.Decimal
	databaseVCPUs, nodeVCPUs decimal.Decimal
	databaseGiB              decimal.Decimal
}

// byGroup divides a report. What belongs to no other group is the platform's: nothing is left out.
func byGroup(report estimator.Report) (g grouped) {
	for _, r := range report.Resources {
		group := groupOf(r)
		switch group {
		case allocation.Database:
			g.addDatabase(r)
			continue
		case allocation.Compute:
			g.nodeVCPUs = g.nodeVCPUs.Add(r.VCPUs)
		default:
		}
		g.usd[group] = g.usd[group].Add(r.Total())
	}
	for _, line := range report.Account.Lines {
		group := allocation.Platform
		if line.Unit == catalogue.GB {
			group = allocation.Traffic
		}
		g.usd[group] = g.usd[group].Add(line.Monthly)
	}
	return g
}

// fixedCosts are types of resources that cost the same whatever tenants do, whichever part of the platform they belong to.
var fixedCosts = []string{
	"aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm", "aws:cloudwatch/dashboard:Dashboard", "aws:kms/key:Key",
}

// groupsOfTypes are the types of resources that are shared, wherever they are.
var groupsOfTypes = map[string]allocation.Group{
	"aws:rds/instance:Instance":                         allocation.Database,
	"aws:eks/nodeGroup:NodeGroup":                       allocation.Compute,
	"aws:elasticache/replicationGroup:ReplicationGroup": allocation.Cache,
	"aws:lb/loadBalancer:LoadBalancer":                  allocation.Edge,
	"aws:ec2/natGateway:NatGateway":                     allocation.Traffic,
	"aws:ec2/eip:Eip":                                   allocation.Traffic,
	"aws:ec2/vpcEndpoint:VpcEndpoint":                   allocation.Traffic,
}

// edgePart is the component of the load balancer.
const edgePart = "edge"

func groupOf(r estimator.ResourceCost) allocation.Group {
	if slices.Contains(fixedCosts, r.Type) {
		return allocation.Platform
	}
	if partOf(r.URN) == edgePart {
		return allocation.Edge
	}
	if group, shared := groupsOfTypes[r.Type]; shared {
		return group
	}
	return allocation.Platform
}

// addDatabase tells an instance's storage, with its speed and its backups, from all else that it costs.
func (g *grouped) addDatabase(r estimator.ResourceCost) {
	g.databaseVCPUs = g.databaseVCPUs.Add(r.VCPUs)
	for _, line := range r.Lines {
		group := allocation.Database
		switch line.Unit {
		case catalogue.GBMonth:
			group = allocation.Storage
			if line.Kind == estimator.Fixed {
				g.databaseGiB = g.databaseGiB.Add(line.Quantity)
			}
		case catalogue.IOPSMonth, catalogue.MiBpsMonth:
			group = allocation.Storage
		default:
		}
		g.usd[group] = g.usd[group].Add(line.Monthly)
	}
}

const (
	kibOfGiB     = 1 << 20
	hoursOfMonth = 730 // as the estimator counts
)

// pools are the groups' costs in a span of time, and what could be used in it.
func (g grouped) pools(span time.Duration) (pools allocation.Pools, err error) {
	share := shareOfMonth(span)
	for group, usd := range g.usd {
		if pools[group].Cost, err = allocation.MicrosOf(allocation.Group(group).String(), usd.Mul(share)); err != nil {
			return pools, err
		}
	}
	of := func(amount decimal.Decimal, unit time.Duration) int64 {
		return amount.Mul(decimal.NewFromInt(int64(span / unit))).IntPart()
	}
	pools[allocation.Database].Capacity = of(g.databaseVCPUs, time.Second)
	pools[allocation.Compute].Capacity = of(g.nodeVCPUs, time.Millisecond)
	pools[allocation.Storage].Capacity = of(g.databaseGiB.Mul(decimal.NewFromInt(kibOfGiB)), time.Minute)
	return pools, nil
}

// shareOfMonth is a span of time as a share of the month for which the estimator tells prices.
func shareOfMonth(span time.Duration) decimal.Decimal {
	return decimal.NewFromInt(int64(span)).Div(decimal.NewFromInt(int64(hoursOfMonth * time.Hour)))
}
