package awsvalue

// Zones that AWS does not offer to a cluster, by id. A zone's letter says nothing: each account has its own letters.
// Source: EKS User Guide, "Amazon EKS networking requirements for VPC and subnets", 2026-11. NAT gateways and functions are
// not offered in the first of them, either.
var withoutClusters = map[string]bool{"use1-az3": true, "usw1-az2": true, "cac1-az3": true}

// ZoneTakesCluster says whether EKS takes subnets in the zone of an id such as "use1-az1".
func ZoneTakesCluster(id string) bool { return !withoutClusters[id] }
