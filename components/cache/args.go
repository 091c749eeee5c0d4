package cache

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/network/ports"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// Engine is the software of the cache. Clients of one can talk to the other.
type Engine string

const (
	// Valkey is the default: a fifth cheaper than Redis OSS on ElastiCache.
	Valkey Engine = "valkey"
	// Redis is Redis OSS.
	Redis Engine = "redis"
)

// engines holds the versions that each engine can have here, the default first.
var engines = map[Engine][]string{
	Valkey: {"8.0", "8.1", "8.2"},
	Redis:  {"7.1", "7.0"},
}

// CacheArgs says what cache to make. What is left out takes the value named beside it.
type CacheArgs struct {
	Engine        Engine // Valkey
	EngineVersion string // "8.0" of Valkey, "7.1" of Redis OSS
	// AllowMajorUpgrade lets a change of Engine, or of EngineVersion's major version, happen at once, with an interruption.
	// It is not for every day: without it the change would wait for the maintenance window, and the deployment fail because
	// the old parameter group is in use until then.
	AllowMajorUpgrade bool
	NodeType          string // "cache.t4g.small"
	// Nodes is how many nodes share the work: 2, each in another zone. One node has nobody to take over.
	Nodes int

	SubnetIDs       pulumi.StringArrayInput
	SecurityGroupID pulumi.StringInput
	KeyARN          pulumi.StringInput // storage and snapshots
	SecretKeyARN    pulumi.StringInput // the secret that clients read
	LogKeyARN       pulumi.StringInput
	AlarmTopicARN   pulumi.StringInput

	SnapshotRetentionDays int // 7; at most 35
	LogRetentionDays      int // 90
	Port                  int // ports.Cache

	// DeletionProtection makes destroy fail, and changes that interrupt wait for the maintenance window; without it, the
	// cache goes with destroy and takes changes at once. True when nil.
	DeletionProtection *bool
}

const (
	defaultNodes        = 2
	defaultSnapshotDays = 7
	maxNodes            = 6 // the primary and five replicas
	maxSnapshotDays     = 35
)

// withDefaults fills in what was left out.
func (a *CacheArgs) withDefaults() CacheArgs {
	if a == nil {
		a = &CacheArgs{}
	}
	full := *a
	full.Engine = cmp.Or(full.Engine, Valkey)
	if versions := engines[full.Engine]; len(versions) > 0 {
		full.EngineVersion = cmp.Or(full.EngineVersion, versions[0])
	}
	full.Nodes = cmp.Or(full.Nodes, defaultNodes)
	full.SnapshotRetentionDays = cmp.Or(full.SnapshotRetentionDays, defaultSnapshotDays)
	full.LogRetentionDays = cmp.Or(full.LogRetentionDays, loggroup.DefaultRetentionDays)
	full.Port = cmp.Or(full.Port, ports.Cache)
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	return full
}

func (a *CacheArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("cache %q: ", name))
	awsvalue.Hyphenated.Check(p, "name", name)
	a.Check(p)
	awsvalue.CheckLogRetention(p, "logRetentionDays", a.LogRetentionDays)
	p.Require(a.Port >= 1024 && a.Port <= 65535, "port", a.Port, "1024 to 65535")
	p.Require(a.SubnetIDs != nil, "subnetIds", nil, "subnets, in as many zones as there are nodes")
	p.Require(a.SecurityGroupID != nil, "securityGroupId", nil, "the id of a security group")
	p.Require(a.KeyARN != nil, "keyArn", nil, "the ARN of a KMS key")
	p.Require(a.SecretKeyARN != nil, "secretKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.AlarmTopicARN != nil, "alarmTopicArn", nil, "the ARN of an SNS topic")
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *CacheArgs) Check(p *check.Problems) {
	p.OneOf("engine", string(a.Engine), string(Valkey), string(Redis))
	p.Require(slices.Contains(engines[a.Engine], a.EngineVersion), "engineVersion", a.EngineVersion,
		"8.0, 8.1 or 8.2 for valkey, 7.0 or 7.1 for redis", "engine")
	awsvalue.CacheNodeType.Check(p, "nodeType", a.NodeType)
	p.Between("nodes", a.Nodes, 1, maxNodes)
	p.Between("snapshotRetentionDays", a.SnapshotRetentionDays, 1, maxSnapshotDays)
}

// family is the parameter group family of the engine's version.
func (a *CacheArgs) family() string {
	major, _, _ := strings.Cut(a.EngineVersion, ".")
	return string(a.Engine) + major
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *CacheArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"engine":                pulumi.String(a.Engine),
		"engineVersion":         pulumi.String(a.EngineVersion),
		"allowMajorUpgrade":     pulumi.Bool(a.AllowMajorUpgrade),
		"nodeType":              pulumi.String(a.NodeType),
		"nodes":                 pulumi.Int(a.Nodes),
		"snapshotRetentionDays": pulumi.Int(a.SnapshotRetentionDays),
		"logRetentionDays":      pulumi.Int(a.LogRetentionDays),
		"port":                  pulumi.Int(a.Port),
		"deletionProtection":    pulumi.Bool(*a.DeletionProtection),
	}
}
