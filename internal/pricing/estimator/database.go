package estimator

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

const (
	databaseType = "aws:rds/instance:Instance"

	freeInsightsDays = 7 // of Performance Insights
	databaseGiB      = 20
)

// database is an RDS instance. deployment and engine choose its prices.
type database struct {
	class      string
	engine     string // as the catalogue names it
	deployment catalogue.Deployment
	storage    string
	gib        decimal.Decimal
}

// engines maps AWS's engine names to those of the catalogue; others have no price.
var engines = map[string]string{"postgres": "postgresql", "mysql": "mysql"}

// rdsInstance prices instance, storage, IOPS, backups, insights, extended support and what else an instance brings.
func rdsInstance(v *evaluation) {
	d := v.readDatabase()
	v.cost.VCPUs = vCPUs(d.class)
	v.hourly("Database instance, "+d.engine+", "+d.class+", "+string(d.deployment), one,
		catalogue.RDSInstance(d.class, d.engine, d.deployment))
	v.databaseStorage(d)
	v.databaseSupport(d)
	v.databaseInsights(d)
	if v.number("backupRetentionPeriod", 0, 35).IsPositive() {
		v.uses("Backups beyond the free allowance", usage.RDSBackupGB, catalogue.Of(catalogue.RDS, "backup"))
	}
	if v.number("monitoringInterval", 0, 60).IsPositive() {
		v.uses("Enhanced monitoring logs", usage.RDSMonitoringGB, catalogue.Kind(catalogue.CloudWatch, "log-ingest", "standard"))
	}
	if v.flag("manageMasterUserPassword", false, true) {
		v.fixed("Managed master secret", one, catalogue.Of(catalogue.SecretsManager, "secret"))
	}
	if v.flag("publiclyAccessible", false, true) {
		v.addresses(one)
	}
	if v.flag("dedicatedLogVolume", false, true) {
		v.problem(MissingPrice, "dedicatedLogVolume", "no price for a dedicated log volume of RDS")
	}
	if family := strings.TrimPrefix(d.class, "db."); strings.HasPrefix(family, "t3.") || strings.HasPrefix(family, "t4g.") {
		v.uses("Surplus CPU credits", usage.RDSCreditVCPUHours, catalogue.Kind(catalogue.RDS, "cpu-credits", family[:strings.IndexByte(family, '.')]))
	}
}

// mostExpensive stands for an engine that is not known.
const mostExpensive = "the most expensive"

// readDatabase reads what decides the prices. A read replica takes engine and size from its source.
func (v *evaluation) readDatabase() database {
	limits := v.estimator.options.Ceilings
	d := database{deployment: catalogue.SingleAZ}
	if v.flag("multiAz", false, true) {
		d.deployment = catalogue.MultiAZ
	}
	engine, gib := "", databaseGiB
	if sources := v.refers("replicateSourceDb", databaseType); len(sources) > 0 {
		source := v.other(sources[0])
		engine = source.text("engine", "", "")
		gib = int(source.number("allocatedStorage", databaseGiB, limits.DatabaseGiB).Ceil().IntPart())
	}
	engine = lower(v.text("engine", engine, mostExpensive))
	if engine == "" {
		engine = mostExpensive
		v.worst("engine", 0, false, mostExpensive)
	}
	if known, priced := engines[engine]; priced {
		d.engine = known
	} else if engine != mostExpensive {
		d.engine = engine
	}
	d.class = lower(v.class("instanceClass", "", func() string { return v.worstDatabase(d) }))
	if d.class == "" {
		d.class = v.worstDatabase(d)
		v.worst("instanceClass", 0, false, d.class)
	}
	if engine == mostExpensive {
		d.engine = v.worstEngine(d)
	}
	fallback := "gp2"
	if v.given("iops") {
		fallback = "io1"
	}
	d.storage = lower(v.text("storageType", fallback, "io1"))
	d.gib = v.number("allocatedStorage", gib, limits.DatabaseGiB)
	return d
}

// worstDatabase is the most expensive allowed class of an engine; of PostgreSQL where the engine is not known.
func (v *evaluation) worstDatabase(d database) string {
	engine := d.engine
	if engine == "" {
		engine = "postgresql"
	}
	return v.worstClass(catalogue.RDS, "instance", "/"+engine+"/"+string(d.deployment), v.estimator.options.Ceilings.DatabaseClasses)
}

// worstEngine is the engine with the highest price for a class.
func (v *evaluation) worstEngine(d database) string {
	worst, amount := "postgresql", decimal.Zero
	for _, engine := range []string{"postgresql", "mysql"} {
		price, err := v.prices.Lookup(catalogue.RDSInstance(d.class, engine, d.deployment))
		if err == nil && price.Amount.GreaterThan(amount) {
			worst, amount = engine, price.Amount
		}
	}
	return worst
}

// Floors and baselines of RDS storage.
var (
	provisionedGiB  = whole(100)
	provisionedIOPS = whole(1000)
	largeGiB        = whole(400) // from here gp3 includes more
	largeIOPS       = whole(12000)
	largeThroughput = whole(500)
)

// databaseStorage prices storage and what is provisioned above its baseline, and records what autoscaling can add.
func (v *evaluation) databaseStorage(d database) {
	limits := v.estimator.options.Ceilings
	storage := func(product string) catalogue.Key { return catalogue.RDSStorage(product, d.storage, d.deployment) }
	gib := d.gib
	if d.storage == "io1" || d.storage == "io2" {
		gib = decimal.Max(gib, provisionedGiB)
	}
	v.fixed("Storage, "+d.storage, gib, storage("storage"))
	switch d.storage {
	case "io1", "io2":
		v.fixed("Provisioned IOPS", decimal.Max(v.number("iops", 0, limits.IOPS), provisionedIOPS), storage("iops"))
	case "gp3":
		iops, throughput := gp3IOPS, gp3Throughput
		if gib.GreaterThanOrEqual(largeGiB) {
			iops, throughput = largeIOPS, largeThroughput
		}
		if extra := v.number("iops", 0, limits.IOPS).Sub(iops); extra.IsPositive() {
			v.fixed("IOPS above "+iops.String(), extra, storage("iops"))
		}
		if extra := v.number("storageThroughput", 0, limits.ThroughputMiBps).Sub(throughput); extra.IsPositive() {
			v.fixed("Throughput above "+throughput.String()+" MiBps", extra, storage("throughput"))
		}
	case "standard":
		v.uses("I/O requests", usage.RDSStorageRequests, catalogue.Kind(catalogue.RDS, "io-request", "standard"))
	}
	if most := v.number("maxAllocatedStorage", 0, limits.DatabaseGiB); most.GreaterThan(gib) {
		if price, ok := v.price(storage("storage")); ok {
			v.growth = v.growth.Add(price.Amount.Mul(most.Sub(gib)))
		}
	}
}

// databaseSupport prices extended support of an old engine version.
func (v *evaluation) databaseSupport(d database) {
	if v.text("engineLifecycleSupport", "", "") == "open-source-rds-extended-support-disabled" {
		return
	}
	version := v.text("engineVersion", "", "0")
	if version == "" {
		return // AWS takes a supported version
	}
	calendar, _ := v.estimator.catalogue.Support(catalogue.RDS, d.engine, version)
	phase := calendar.PhaseOn(v.estimator.options.Now)
	if phase == catalogue.Standard {
		return
	}
	zones := one
	if d.deployment == catalogue.MultiAZ {
		zones = whole(2) // the standby's vCPUs are billed as well
	}
	v.fixed("Extended support of "+d.engine+" "+version+", "+string(phase), vCPUs(d.class).Mul(zones).Mul(hoursPerMonth),
		catalogue.Kind(catalogue.RDS, "extended-support", string(phase)))
}

// databaseInsights prices Performance Insights beyond the free week and the advanced mode of Database Insights.
func (v *evaluation) databaseInsights(d database) {
	if lower(v.text("databaseInsightsMode", "standard", "advanced")) == "advanced" {
		v.fixed("Database Insights, advanced", vCPUs(d.class).Mul(hoursPerMonth), catalogue.Of(catalogue.RDS, "database-insights-advanced"))
		return
	}
	if !v.flag("performanceInsightsEnabled", false, true) {
		return
	}
	if v.number("performanceInsightsRetentionPeriod", freeInsightsDays, 731).GreaterThan(whole(freeInsightsDays)) {
		family, _, _ := strings.Cut(strings.TrimPrefix(d.class, "db."), ".")
		if family != "t3" && family != "m5" {
			family = "other"
		}
		v.fixed("Performance Insights, long retention", vCPUs(d.class), catalogue.Kind(catalogue.RDS, "performance-insights", family))
	}
	v.uses("Performance Insights API", usage.RDSInsightsRequests, catalogue.Of(catalogue.RDS, "performance-insights-request"))
}

// vCPUs of a class of databases or machines.
func vCPUs(class string) decimal.Decimal { return whole(awsvalue.VCPUs(class)) }

// rdsSnapshot is a manual snapshot, which the free allowance may not cover.
func rdsSnapshot(v *evaluation) {
	v.uses("Snapshot storage", usage.RDSBackupGB, catalogue.Of(catalogue.RDS, "backup"))
}

// rdsProxy is paid by the vCPUs behind it, two at least.
func rdsProxy(v *evaluation) {
	v.hourly("Proxy", decimal.Max(whole(2), v.assumed(usage.RDSProxyVCPU)), catalogue.Of(catalogue.RDS, "proxy"))
}
