package catalogue

import "slices"

// USEast1 is the only region that is loaded so far.
const USEast1 = "us-east-1"

// The offer codes in use.
const (
	EC2            = "AmazonEC2"
	RDS            = "AmazonRDS"
	ElastiCache    = "AmazonElastiCache"
	EKS            = "AmazonEKS"
	ECS            = "AmazonECS"
	VPC            = "AmazonVPC"
	ELB            = "AWSELB"
	SecretsManager = "AWSSecretsManager"
	KMS            = "awskms"
	CloudWatch     = "AmazonCloudWatch"
	S3             = "AmazonS3"
	Route53        = "AmazonRoute53"
	WAF            = "awswaf"
	SNS            = "AmazonSNS"
	CloudTrail     = "AWSCloudTrail"
	GuardDuty      = "AmazonGuardDuty"
	Config         = "AWSConfig"
	Budgets        = "AWSBudgets"
	CostExplorer   = "AWSCostExplorer"
	CodeBuild      = "CodeBuild"
	ECR            = "AmazonECR"
	Lambda         = "AWSLambda"
	DataTransfer   = "AWSDataTransfer"
	SystemsManager = "AmazonSSM"
	Events         = "AWSEvents"
	Backup         = "AWSBackup"
	Support        = "AWSSupport"
)

// BetterStack is no service of AWS's: it has an invoice of its own.
const BetterStack = "BetterStack"

// Of is the key of a product that comes in one kind only.
func Of(service, product string) Key { return Key{Service: service, Product: product} }

// Kind is the key of one kind of a product.
func Kind(service, product, variant string) Key {
	return Key{Service: service, Product: product, Variant: variant}
}

// EC2Instance is the hour of a Linux instance, on demand and with shared tenancy.
func EC2Instance(instanceType string) Key { return Kind(EC2, "instance", instanceType) }

// Deployment is how many zones a database spans; it has prices of its own and is not twice the single zone.
type Deployment string

// The deployments of an RDS instance.
const (
	SingleAZ Deployment = "single-az"
	MultiAZ  Deployment = "multi-az"
)

// RDSInstance is the hour of a database instance; engine is postgresql or mysql, class for instance db.t4g.medium.
func RDSInstance(class, engine string, deployment Deployment) Key {
	return Kind(RDS, "instance", class+"/"+engine+"/"+string(deployment))
}

// RDSStorage is a price of database storage: product storage, iops or throughput.
func RDSStorage(product, storageType string, deployment Deployment) Key {
	return Kind(RDS, product, storageType+"/"+string(deployment))
}

// CacheNode is the hour of an ElastiCache node; engine is redis or valkey.
func CacheNode(nodeType, engine string) Key { return Kind(ElastiCache, "node", nodeType+"/"+engine) }

// sorted returns prices ordered by region and key.
func sorted(prices []Price) []Price {
	slices.SortFunc(prices, func(a, b Price) int {
		if a.Region != b.Region {
			if a.Region < b.Region {
				return -1
			}
			return 1
		}
		return a.compare(b.Key)
	})
	return prices
}

// SupportPlan is the calendar's name of the support plans of AWS.
const SupportPlan = "plan"
