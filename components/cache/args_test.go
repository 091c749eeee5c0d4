package cache_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/cache"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	aKey       = "expected the ARN of a KMS key"
	aNode      = `expected an ElastiCache node type such as "cache.r7g.large"`
	aKept      = "expected 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"
	aReference = "subnetIds: got <nil>, expected subnets, in as many zones as there are nodes\n" +
		"securityGroupId: got <nil>, expected the id of a security group\n" +
		"keyArn: got <nil>, " + aKey + "\n" +
		"secretKeyArn: got <nil>, " + aKey + "\n" +
		"logKeyArn: got <nil>, " + aKey + "\n" +
		"alarmTopicArn: got <nil>, expected the ARN of an SNS topic"
)

func TestBadArgs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*cache.CacheArgs)
		message string // lines, each without the component's name
	}{
		"everything": {
			func(a *cache.CacheArgs) {
				*a = cache.CacheArgs{
					Engine: "memcached", NodeType: "t4g.small", Nodes: 7, SnapshotRetentionDays: 36, LogRetentionDays: 2, Port: 80,
				}
			},
			`engine: got "memcached", expected valkey or redis` + "\n" +
				`nodeType: got "t4g.small", ` + aNode + "\n" +
				"nodes: got 7, expected 1 to 6\n" +
				"snapshotRetentionDays: got 36, expected 1 to 35\n" +
				"logRetentionDays: got 2, " + aKept + "\n" +
				"port: got 80, expected 1024 to 65535\n" + aReference,
		},
		"nothing": {func(a *cache.CacheArgs) { *a = cache.CacheArgs{} }, `nodeType: got "", ` + aNode + "\n" + aReference},
		"valkey of redis's version": {
			func(a *cache.CacheArgs) { a.EngineVersion = "7.1" },
			`engineVersion: got "7.1", expected 8.0, 8.1 or 8.2 for valkey, 7.0 or 7.1 for redis`,
		},
		"redis of valkey's version": {
			func(a *cache.CacheArgs) { a.Engine, a.EngineVersion = cache.Redis, "8.0" },
			`engineVersion: got "8.0", expected 8.0, 8.1 or 8.2 for valkey, 7.0 or 7.1 for redis`,
		},
		"negative nodes":       {func(a *cache.CacheArgs) { a.Nodes = -1 }, "nodes: got -1, expected 1 to 6"},
		"no snapshots":         {func(a *cache.CacheArgs) { a.SnapshotRetentionDays = -1 }, "snapshotRetentionDays: got -1, expected 1 to 35"},
		"node type of another": {func(a *cache.CacheArgs) { a.NodeType = "db.t4g.small" }, `nodeType: got "db.t4g.small", ` + aNode},
		"no topic":             {func(a *cache.CacheArgs) { a.AlarmTopicARN = nil }, "alarmTopicArn: got <nil>, expected the ARN of an SNS topic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := good()
			c.change(args)
			requireRefused(t, "main", args, c.message)
		})
	}
}

func TestNameMustMakeAnIdentifier(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Main", "main--two", "main-", "1main", "main_two"} {
		requireRefused(t, name, good(), `name: got "`+name+`", expected lower-case letters, digits and single hyphens, beginning with a letter`)
	}
}

// requireRefused checks the whole message, and that nothing was made.
func requireRefused(t *testing.T, name string, args *cache.CacheArgs, message string) {
	t.Helper()
	prefix := `cache "` + name + `": `
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := cache.NewCache(ctx, name, args)
		require.EqualError(t, err, prefix+strings.ReplaceAll(message, "\n", "\n"+prefix))
		return err
	})
	require.Error(t, err)
	require.Empty(t, r.OfType(groupType))
}
