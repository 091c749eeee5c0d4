package billed

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Part is a part of the bill that the estimate knows by itself.
type Part int

// The parts, in the order of a table's lines. Those of the groups in which tenants share costs, as far as a bill tells them apart: it does not
// say which address is the edge's, nor which secret a tenant's.
const (
	Database Part = iota
	Storage
	Compute
	Cache
	Network  // the groups edge and traffic
	Platform // the groups platform and own, without support and tax
	Terms    // support and tax, which AWS charges once a month
	Unknown  // services that the estimate knows nothing of

	parts = int(Unknown) + 1
)

var names = [parts]string{"database", "storage", "compute", "cache", "network", "platform", "support, tax", "not estimated"}

// String is the part's name, as tables have it.
func (p Part) String() string { return names[p] }

// Amounts are those of the parts, in US dollars.
type Amounts [parts]decimal.Decimal

func (a *Amounts) add(other Amounts) {
	for part, usd := range other {
		a[part] = a[part].Add(usd)
	}
}

// Sum is that of all parts.
func (a Amounts) Sum() (sum decimal.Decimal) {
	for _, usd := range a {
		sum = sum.Add(usd)
	}
	return sum
}

// of are the parts of the services of which the estimate has resources or assumed usage, as Cost Explorer names them.
var of = map[string]Part{
	"Amazon Relational Database Service": Database, "Amazon ElastiCache": Cache, "Amazon Elastic Compute Cloud - Compute": Compute,
	"EC2 - Other": Network, "Amazon Elastic Load Balancing": Network, "Amazon Virtual Private Cloud": Network, "AWS Data Transfer": Network,
	"Tax":         Terms,
	"AWS Budgets": Platform, "AWS CloudTrail": Platform, "AWS Cost Explorer": Platform, "AWS Key Management Service": Platform, "AWS Lambda": Platform,
	"AWS Secrets Manager": Platform, "Amazon API Gateway": Platform, "Amazon EC2 Container Registry (ECR)": Platform,
	"Amazon Elastic Container Service for Kubernetes": Platform, "Amazon Elastic Kubernetes Service": Platform, "Amazon Route 53": Platform,
	"Amazon Simple Notification Service": Platform, "Amazon Simple Storage Service": Platform, "AmazonCloudWatch": Platform,
}

// partly are the kinds of usage, by a part of their name, that the estimate has elsewhere than the rest of their service. A name begins with
// a region's short name in most regions.
// Source: the attribute usagetype in the AWS Price List's offers of AmazonRDS, AmazonEC2 and AWSDataTransfer, 2026-11. No bill was compared with it yet.
var partly = []struct {
	service, usage string // without a service: of all
	part           Part
}{
	{"", "DataTransfer", Network},
	{"Amazon Relational Database Service", "Storage", Storage}, {"Amazon Relational Database Service", "Backup", Storage},
	{"Amazon Relational Database Service", "PIOPS", Storage}, {"Amazon Relational Database Service", "Throughput", Storage},
	{"EC2 - Other", "EBS:", Compute}, {"EC2 - Other", "CPUCredits", Compute},
}

// partOf is where the estimate has what a bill has of a service, by its kind of usage.
func partOf(service, usage string) Part {
	part, known := of[service]
	if strings.HasPrefix(service, "AWS Support") { // with the plan's name
		part, known = Terms, true
	}
	if !known {
		return Unknown
	}
	for _, other := range partly {
		if (other.service == "" || other.service == service) && strings.Contains(usage, other.usage) {
			return other.part
		}
	}
	return part
}
