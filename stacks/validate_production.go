package stacks

import "github.com/genericcorp/platform/internal/check"

// productionDays is the least that production keeps of backups and snapshots.
const productionDays = 7

// validateProduction reports what is fine elsewhere and too weak for production. No setting can switch it off.
func (s *EnvironmentSettings) validateProduction(r *report) {
	const because = " in production"
	r.require(s.DeletionProtection, "deletionProtection", s.DeletionProtection, "true"+because)
	r.require(s.Network.NAT == "perZone", "network.nat", s.Network.NAT, "perZone"+because)
	r.require(len(s.Cluster.Administrators) > 0, "cluster.administrators", literal("nobody"),
		"at least one role"+because+", or nobody could repair the cluster")
	steady := s.Cluster.steadyNodes()
	r.require(steady >= 2, "cluster.nodeGroups", steady, "a sum of 2 or more as min of the groups that are not spot"+because,
		"cluster.nodeGroups")
	for i, database := range s.Databases {
		key := check.Item("databases", i)
		r.require(!database.SingleZone, key+".singleZone", true, "false"+because)
		r.require(database.BackupRetentionDays >= productionDays, key+".backupRetentionDays",
			database.BackupRetentionDays, "7 or more"+because)
	}
	r.require(s.Provisioner.Architecture != hostArchitecture, "provisioner.architecture", s.Provisioner.Architecture, "arm64 or x86_64"+because)
	r.require(s.Cache.Nodes >= 2, "cache.nodes", s.Cache.Nodes, "2 or more"+because)
	r.require(s.Cache.SnapshotRetentionDays >= productionDays, "cache.snapshotRetentionDays",
		s.Cache.SnapshotRetentionDays, "7 or more"+because)
	r.require(s.Budget.Breaker.Mode == "automatic", "budget.breaker.mode", s.Budget.Breaker.Mode, "automatic"+because)
	r.require(s.Report.given(), "report.addresses", literal("nobody"), "at least one address"+because+", or nobody who pays would read what it costs")
	r.require(s.Monitoring.TrailRetentionDays >= 365, "monitoring.trailRetentionDays",
		s.Monitoring.TrailRetentionDays, "365 or more"+because)
	r.require(s.Monitoring.LogRetentionDays >= 90, "monitoring.logRetentionDays",
		s.Monitoring.LogRetentionDays, "90 or more"+because)
}

// steadyNodes is the least number of nodes that AWS does not take back at short notice.
func (c ClusterSettings) steadyNodes() int {
	nodes := 0
	for _, group := range c.NodeGroups {
		if !group.Spot {
			nodes += group.Min
		}
	}
	return nodes
}
