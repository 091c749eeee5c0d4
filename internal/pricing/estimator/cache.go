package estimator

import (
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

const replicationGroupType = "aws:elasticache/replicationGroup:ReplicationGroup"

// replicationGroup is numCacheClusters nodes, or shards times one and their replicas.
func replicationGroup(v *evaluation) {
	limits := v.estimator.options.Ceilings
	nodes := v.number("numCacheClusters", 1, limits.CacheNodes)
	if v.given("numNodeGroups") || v.given("replicasPerNodeGroup") {
		shards := v.number("numNodeGroups", 1, limits.CacheNodes)
		nodes = decimal.Max(nodes, shards.Mul(one.Add(v.number("replicasPerNodeGroup", 0, 5))))
	}
	v.cacheNodes(decimal.Max(nodes, one), lower(v.text("engine", "redis", "redis")))
}

// cacheCluster is a cluster of its own, or a further node of a replication group.
func cacheCluster(v *evaluation) {
	engine := ""
	if groups := v.refers("replicationGroupId", replicationGroupType); len(groups) > 0 {
		v.free("one of its replication group's nodes, which are priced there")
		return
	}
	if v.given("replicationGroupId") {
		engine = "redis"
	}
	engine = lower(v.text("engine", engine, "redis"))
	if engine == "" {
		engine = "redis"
		v.worst("engine", 0, false, engine)
	}
	v.cacheNodes(v.number("numCacheNodes", 1, v.estimator.options.Ceilings.CacheNodes), engine)
}

// cacheNodes prices nodes, snapshots and the extended support of old Redis versions.
func (v *evaluation) cacheNodes(nodes decimal.Decimal, engine string) {
	worst := func() string {
		return v.worstClass(catalogue.ElastiCache, "node", "/"+engine, v.estimator.options.Ceilings.CacheNodeTypes)
	}
	nodeType := lower(v.class("nodeType", "", worst))
	if nodeType == "" {
		nodeType = worst()
		v.worst("nodeType", 0, false, nodeType)
	}
	amount := v.hourly("Cache nodes, "+engine+", "+nodeType, nodes, catalogue.CacheNode(nodeType, engine))
	if v.number("snapshotRetentionLimit", 0, 35).IsPositive() {
		v.uses("Snapshots", usage.CacheBackupGB, catalogue.Of(catalogue.ElastiCache, "backup"))
	}
	version := v.text("engineVersion", "", "0")
	if version == "" || amount.IsZero() {
		return
	}
	calendar, _ := v.estimator.catalogue.Support(catalogue.ElastiCache, engine, version)
	phase := calendar.PhaseOn(v.estimator.options.Now)
	if phase == catalogue.Standard {
		return
	}
	v.fixed("Extended support of "+engine+" "+version+", share of the nodes' price", amount,
		catalogue.Kind(catalogue.ElastiCache, "extended-support-share", string(phase)))
}

// Least storage that a serverless cache is billed for, in GB.
var leastServerless = map[string]decimal.Decimal{
	"valkey": decimal.New(1, -1), "redis": one, "memcached": one,
}

// serverlessCache is paid by what it stores, an engine's least or the cache's own at least, and by what is asked of it.
// Its limit on storage bounds its growth; without one nothing does.
func serverlessCache(v *evaluation) {
	engine := lower(v.text("engine", "", "redis"))
	least, known := leastServerless[engine]
	if !known {
		v.problem(MissingPrice, "engine", "no price for ElastiCache serverless with engine "+engine)
		return
	}
	storage := v.inner("cacheUsageLimits").inner("dataStorage")
	least = decimal.Max(least, storage.number("minimum", 0, mostServerlessGB))
	price := catalogue.Kind(catalogue.ElastiCache, "serverless-storage", engine)
	amount := v.hourly("Serverless storage, billed at least, "+engine, least, price)
	stored := decimal.Max(v.assumed(usage.CacheServerlessGB).Sub(least), decimal.Zero)
	used := v.line(Usage, "Serverless storage beyond the least", stored.Mul(hoursPerMonth), price, "")
	v.uses("Processing units", usage.CacheServerlessUnits, catalogue.Kind(catalogue.ElastiCache, "serverless-unit", engine))
	if most := storage.number("maximum", 0, mostServerlessGB); most.GreaterThan(least) {
		v.growth = decimal.Max(amount.Mul(most).Div(least).Sub(amount).Sub(used), decimal.Zero)
	}
}

// mostServerlessGB is AWS's own limit on what one serverless cache stores.
const mostServerlessGB = 5000
