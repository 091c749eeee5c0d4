package cost

import (
	"slices"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// byGroup divides a report among the groups in which tenants share it. What belongs to no other group is the platform's: nothing is left
// out.
func byGroup(report estimator.Report) (sheet pricesheet.Sheet) {
	for _, r := range report.Resources {
		group := groupOf(r)
		switch group {
		case allocation.Database:
			addDatabase(&sheet, r)
			continue
		case allocation.Compute:
			sheet.NodeVCPUs = sheet.NodeVCPUs.Add(r.VCPUs)
		default:
		}
		sheet.Groups[group] = sheet.Groups[group].Add(r.Total())
	}
	for _, line := range report.Account.Lines {
		group := allocation.Platform
		if line.Unit == catalogue.GB {
			group = allocation.Traffic
			sheet.AssumedTraffic = sheet.AssumedTraffic.Add(line.Monthly)
		}
		sheet.Groups[group] = sheet.Groups[group].Add(line.Monthly)
	}
	return sheet
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
func addDatabase(sheet *pricesheet.Sheet, r estimator.ResourceCost) {
	sheet.DatabaseVCPUs = sheet.DatabaseVCPUs.Add(r.VCPUs)
	for _, line := range r.Lines {
		group := allocation.Database
		switch line.Unit {
		case catalogue.GBMonth:
			group = allocation.Storage
			if line.Kind == estimator.Fixed {
				sheet.DatabaseGiB = sheet.DatabaseGiB.Add(line.Quantity)
			}
		case catalogue.IOPSMonth, catalogue.MiBpsMonth:
			group = allocation.Storage
		default:
		}
		sheet.Groups[group] = sheet.Groups[group].Add(line.Monthly)
	}
}
