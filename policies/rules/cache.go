package rules

import (
	"strings"

	"github.com/genericcorp/platform/internal/property"
)

// cacheRules are the rules of ElastiCache.
func cacheRules() []*Rule {
	group, either := []string{replicationGroup}, []string{replicationGroup, cacheCluster}
	return []*Rule{
		{
			ID: "cache-encrypted-at-rest", Severity: Mandatory, Frameworks: []string{"ElastiCache.4", "CKV_AWS_29"}, Types: group,
			Must:   "a cache must be encrypted at rest",
			Remedy: "set atRestEncryptionEnabled to true",
			judge:  mustBeTrue("atRestEncryptionEnabled"),
		},
		{
			ID: "cache-encrypted-in-transit", Severity: Mandatory, Frameworks: []string{"ElastiCache.5", "CKV_AWS_30"}, Types: group,
			Must:   "connections to a cache must be encrypted",
			Remedy: "set transitEncryptionEnabled to true",
			judge:  mustBeTrue("transitEncryptionEnabled"),
		},
		{
			ID: "cache-authentication", Severity: Mandatory, Frameworks: []string{"ElastiCache.6", "CKV_AWS_31"}, Types: group,
			Must:   "a cache must ask who connects",
			Remedy: "set authToken, or userGroupIds",
			judge:  judgeCacheAuthentication,
		},
		{
			ID: "cache-automatic-failover", Severity: Production, Frameworks: []string{"ElastiCache.3"}, Types: group,
			Must:   "a cache must fail over by itself",
			Remedy: "set automaticFailoverEnabled to true and have two nodes or more",
			judge:  mustBeTrue("automaticFailoverEnabled"),
		},
		{
			ID: "cache-backups", Severity: Production, Frameworks: []string{"ElastiCache.1", "CKV_AWS_134"}, Types: group,
			Must:   "a cache must be backed up",
			Remedy: "set snapshotRetentionLimit to 1 or more",
			judge:  mustBeAtLeast("snapshotRetentionLimit", func(Environment) float64 { return 1 }),
		},
		{
			ID: "cache-minor-upgrades", Severity: Mandatory, Frameworks: []string{"ElastiCache.2"}, Types: either,
			Must:   "a cache must take minor upgrades, which carry the security fixes",
			Remedy: "do not set autoMinorVersionUpgrade to false",
			judge:  mustNotBeFalse("autoMinorVersionUpgrade"),
		},
		{
			ID: "cache-subnet-group", Severity: Mandatory, Frameworks: []string{"ElastiCache.7"}, Types: either,
			Must:   "a cache must live in a subnet group of its own, not in the account's default one",
			Remedy: "set subnetGroupName",
			Limits: "a cluster that joins a replication group lives in the group's subnets and is not asked for its own",
			judge:  judgeCacheSubnets,
		},
	}
}

func judgeCacheAuthentication(_ Environment, r *Resource) []string {
	token, groups := r.Properties.Text("authToken"), r.Properties.Texts("userGroupIds")
	if token.Unknown() || token.Known() && token.Value != "" || groups.Unknown() || groups.Partial || len(groups.Value) > 0 {
		return nil
	}
	return []string{"neither authToken nor userGroupIds is set"}
}

func judgeCacheSubnets(_ Environment, r *Resource) []string {
	joins := r.Properties.State("replicationGroupId")
	if r.Type == cacheCluster && (joins == property.Known || joins == property.Unknown) {
		return nil
	}
	name := r.Properties.Text("subnetGroupName")
	if name.Unknown() || name.Known() && name.Value != "" && !strings.EqualFold(name.Value, "default") {
		return nil
	}
	return []string{r.Properties.Describe("subnetGroupName")}
}
