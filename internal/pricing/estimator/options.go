package estimator

import (
	"time"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
)

// UnknownMode says what happens to a value that is not known before the deployment.
type UnknownMode string

// The modes.
const (
	Worst  UnknownMode = "worst"  // assume the worst allowed value, and say so
	Refuse UnknownMode = "refuse" // assume it as well, but make the problem blocking
)

// UnpricedMode says what a type or class without a price means.
type UnpricedMode string

// The modes.
const (
	UnpricedBlocks UnpricedMode = "block" // the default: the estimate must not be taken for the price
	UnpricedWarns  UnpricedMode = "warn"  // listed by name, but not blocking
)

// Options are the settings of an estimate. The zero value is safe: us-east-1, worst case, unpriced blocks.
type Options struct {
	Region    string            // region of resources that do not tell theirs; default us-east-1
	Now       time.Time         // decides who is in extended support; default the real time
	Unknown   UnknownMode       // default Worst
	Unpriced  UnpricedMode      // default UnpricedBlocks
	Ceilings  Ceilings          // the worst allowed values; zero fields mean what AWS itself allows
	KnownFree map[string]string // further resource types that cost nothing, each with the reason
}

// Ceilings are the worst values that an unknown property may take. Zero fields mean AWS's own limit. Set them to what
// the platform's rules allow, so that an unknown value is not estimated beyond what those rules would let pass.
type Ceilings struct {
	InstanceTypes   []string // allowed EC2 types; * stands for any text ("t4g.*"); empty: every type with a price
	DatabaseClasses []string // allowed RDS classes
	CacheNodeTypes  []string // allowed ElastiCache node types
	Nodes           int      // machines of one group
	VolumeGiB       int      // one EBS volume
	DatabaseGiB     int      // storage of one database
	IOPS            int
	ThroughputMiBps int
	CacheNodes      int // nodes of one cache
	Zones           int // subnets of one endpoint or load balancer
	MemoryMiB       int // of one Lambda function
	Rules           int // of one web ACL, metrics of one alarm, and lists like them
}

// awsLimits are AWS's own.
var awsLimits = Ceilings{
	InstanceTypes: []string{"*"}, DatabaseClasses: []string{"*"}, CacheNodeTypes: []string{"*"},
	Nodes: 450, VolumeGiB: 65536, DatabaseGiB: 65536, IOPS: 256000, ThroughputMiBps: 4000, CacheNodes: 90,
	Zones: 6, MemoryMiB: 10240, Rules: 100,
}

func orDefault[T any, S ~[]T](value, fallback S) S {
	if len(value) == 0 {
		return fallback
	}
	return value
}

func (c Ceilings) withDefaults() Ceilings {
	c.InstanceTypes = orDefault(c.InstanceTypes, awsLimits.InstanceTypes)
	c.DatabaseClasses = orDefault(c.DatabaseClasses, awsLimits.DatabaseClasses)
	c.CacheNodeTypes = orDefault(c.CacheNodeTypes, awsLimits.CacheNodeTypes)
	for _, field := range []struct {
		value *int
		limit int
	}{
		{&c.Nodes, awsLimits.Nodes}, {&c.VolumeGiB, awsLimits.VolumeGiB}, {&c.DatabaseGiB, awsLimits.DatabaseGiB},
		{&c.IOPS, awsLimits.IOPS}, {&c.ThroughputMiBps, awsLimits.ThroughputMiBps}, {&c.CacheNodes, awsLimits.CacheNodes},
		{&c.Zones, awsLimits.Zones}, {&c.MemoryMiB, awsLimits.MemoryMiB}, {&c.Rules, awsLimits.Rules},
	} {
		if *field.value == 0 {
			*field.value = field.limit
		}
	}
	return c
}

// withDefaults fills in defaults and reports every wrong option at once.
func (o Options) withDefaults() (Options, error) {
	if o.Region == "" {
		o.Region = catalogue.USEast1
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Unknown == "" {
		o.Unknown = Worst
	}
	if o.Unpriced == "" {
		o.Unpriced = UnpricedBlocks
	}
	p := check.Under("estimate: ")
	p.Require(o.Unknown == Worst || o.Unknown == Refuse, "unknown values", string(o.Unknown), "worst or refuse")
	p.Require(o.Unpriced == UnpricedBlocks || o.Unpriced == UnpricedWarns, "unpriced resources", string(o.Unpriced), "block or warn")
	for token, reason := range o.KnownFree {
		p.Require(reason != "", "known free "+token, reason, "the reason why it costs nothing")
	}
	c := o.Ceilings.withDefaults()
	for name, value := range map[string]int{
		"nodes": c.Nodes, "volume GiB": c.VolumeGiB, "database GiB": c.DatabaseGiB, "IOPS": c.IOPS,
		"throughput MiBps": c.ThroughputMiBps, "cache nodes": c.CacheNodes, "zones": c.Zones, "memory MiB": c.MemoryMiB, "rules": c.Rules,
	} {
		p.Require(value > 0, "ceiling of "+name, value, "above zero, or 0 for AWS's own limit")
	}
	o.Ceilings = c
	return o, p.Err()
}
