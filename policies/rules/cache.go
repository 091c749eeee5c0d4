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
			Must:     "a cache must be encrypted at rest",
			Remedy:   "set atRestEncryptionEnabled to true",
			evaluate: mustBeTrue("atRestEncryptionEnabled"),
		},
		{
			ID: "cache-encrypted-in-transit", Severity: Mandatory, Frameworks: []string{"ElastiCache.5", "CKV_AWS_30"}, Types: group,
			Must:     "connections to a cache must be encrypted",
			Remedy:   "set transitEncryptionEnabled to true",
			evaluate: mustBeTrue("transitEncryptionEnabled"),
		},
		{
			ID: "cache-authentication", Severity: Mandatory, Frameworks: []string{"ElastiCache.6", "CKV_AWS_31"}, Types: group,
			Must:     "a cache must authenticate its clients",
			Remedy:   "set authToken, or userGroupIds",
			evaluate: checkCacheAuthentication,
		},
		{
			ID: "cache-automatic-failover", Severity: Production, Frameworks: []string{"ElastiCache.3"}, Types: group,
			Must:     "a cache must fail over automatically",
			Remedy:   "set automaticFailoverEnabled to true and use two nodes or more",
			evaluate: mustBeTrue("automaticFailoverEnabled"),
		},
		{
			ID: "cache-backups", Severity: Production, Frameworks: []string{"ElastiCache.1", "CKV_AWS_134"}, Types: group,
			Must:     "a cache must be backed up",
			Remedy:   "set snapshotRetentionLimit to 1 or more",
			evaluate: mustBeAtLeast("snapshotRetentionLimit", func(Environment) float64 { return 1 }),
		},
		{
			ID: "cache-minor-upgrades", Severity: Mandatory, Frameworks: []string{"ElastiCache.2"}, Types: either,
			Must:     "a cache must install minor upgrades, which contain the security fixes",
			Remedy:   "do not set autoMinorVersionUpgrade to false",
			evaluate: mustNotBeFalse("autoMinorVersionUpgrade"),
		},
		{
			ID: "cache-subnet-group", Severity: Mandatory, Frameworks: []string{"ElastiCache.7"}, Types: either,
			Must:     "a cache must use its own subnet group, not the account's default one",
			Remedy:   "set subnetGroupName",
			Limits:   "a cluster that joins a replication group uses the group's subnets and needs none of its own",
			evaluate: checkCacheSubnets,
		},
	}
}

func checkCacheAuthentication(_ Environment, r *Resource) []string {
	token, groups := r.Properties.Text("authToken"), r.Properties.Texts("userGroupIds")
	if token.Unknown() || token.Known() && token.Value != "" || groups.Unknown() || groups.Partial || len(groups.Value) > 0 {
		return nil
	}
	return []string{"neither authToken nor userGroupIds is set"}
}

func checkCacheSubnets(_ Environment, r *Resource) []string {
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
