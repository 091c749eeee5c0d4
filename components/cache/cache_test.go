package cache_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/cache"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	alarmType      = "aws:cloudwatch/metricAlarm:MetricAlarm"
	groupType      = "aws:elasticache/replicationGroup:ReplicationGroup"
	logGroupType   = "aws:cloudwatch/logGroup:LogGroup"
	parametersType = "aws:elasticache/parameterGroup:ParameterGroup"
	passwordType   = "random:index/randomPassword:RandomPassword"
	secretType     = "aws:secretsmanager/secret:Secret"
	subnetsType    = "aws:elasticache/subnetGroup:SubnetGroup"
	versionType    = "aws:secretsmanager/secretVersion:SecretVersion"
)

func record(t *testing.T, name string, args *cache.CacheArgs) (*pulumitest.Recorder, map[string]pulumitest.Output) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		c, err := cache.NewCache(ctx, name, args)
		if err != nil {
			return err
		}
		outputs = pulumitest.Outputs(t, ctx, c)
		return nil
	})
	return r, outputs
}

// good are the arguments that have no default.
func good() *cache.CacheArgs {
	return &cache.CacheArgs{
		NodeType:        "cache.t4g.small",
		SubnetIDs:       pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
		SecurityGroupID: pulumi.String("sg-cache"),
		KeyARN:          pulumi.String("key-cache"),
		SecretKeyARN:    pulumi.String("key-secrets"),
		LogKeyARN:       pulumi.String("key-logs"),
		AlarmTopicARN:   pulumi.String("topic"),
	}
}

// checks hold for a cache that says nothing about itself. Together they watch all that it consists of.
var checks = []pulumitest.Check{checkGroup, checkToken, checkLogs, checkAlarms, checkConventions}

func TestDefaultsAreSecureAndAvailable(t *testing.T) {
	t.Parallel()
	r, _ := record(t, "main", good())
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * description", "* * tags.Name", "MetricAlarm * alarmDescription")
}

// checkConventions is what every component keeps to.
func checkConventions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireProtected(t, groupType, secretType)
	r.RequireBelow(t, "genericcorp:cache:Cache")
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42"})
	for _, res := range r.All() {
		if strings.HasPrefix(res.Type, "aws:") && res.Has("tags") {
			require.Contains(t, []any{"cache", "secrets"}, res.Value(t, "tags.component"), res.Name)
		}
	}
}

func checkGroup(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	group := r.One(t, groupType, "main-group")
	for input, want := range map[string]any{
		"engine":                   "valkey",
		"engineVersion":            "8.0",
		"nodeType":                 "cache.t4g.small",
		"numCacheClusters":         2.0,
		"automaticFailoverEnabled": true,
		"multiAzEnabled":           true,
		"parameterGroupName":       "main-parameters",
		"subnetGroupName":          "main-subnets",
		"securityGroupIds":         []any{"sg-cache"},
		"port":                     6379.0,
		"atRestEncryptionEnabled":  true,
		"kmsKeyId":                 "key-cache",
		"transitEncryptionEnabled": true,
		"authToken":                pulumitest.Password,
		"snapshotRetentionLimit":   7.0,
		"snapshotWindow":           "03:00-04:00",
		"maintenanceWindow":        "sun:05:00-sun:06:00",
		"autoMinorVersionUpgrade":  true,
		"applyImmediately":         false,
		"finalSnapshotIdentifier":  "platform-test-main-final-" + pulumitest.ID,
	} {
		require.Equal(t, want, group.Value(t, input), input)
	}
	require.Equal(t, []any{"subnet-a", "subnet-b"}, r.One(t, subnetsType, "main-subnets").Value(t, "subnetIds"))
	parameters := r.One(t, parametersType, "main-parameters")
	require.Equal(t, "valkey8", parameters.Value(t, "family"))
	require.Equal(t, []any{map[string]any{"name": "maxmemory-policy", "value": "noeviction"}}, parameters.Value(t, "parameters"), "the edge's limits stand on it")
	require.Equal(t, 4.0, r.One(t, "random:index/randomId:RandomId", "main-final").Value(t, "byteLength"))
}

func TestNoOutputHoldsTheToken(t *testing.T) {
	t.Parallel()
	_, outputs := record(t, "main", good())
	for field, output := range outputs {
		require.NotContains(t, fmt.Sprint(output.Value), pulumitest.Password, field)
	}
}

// checkToken requires it to be strong, and hidden wherever it goes.
func checkToken(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	token := r.One(t, passwordType, "main-token")
	require.Equal(t, 64.0, token.Value(t, "length"))
	require.Equal(t, false, token.Value(t, "special"), "ElastiCache refuses most special characters")
	secret, ok := r.One(t, versionType, "main-auth-version").Value(t, "secretString").(string)
	require.True(t, ok)
	require.JSONEq(t, `{"host": "primary.main-group.example", "readerHost": "reader.main-group.example", "port": 6379,
		"token": "`+pulumitest.Password+`", "tls": true}`, secret)
	holder := r.One(t, secretType, "main-auth-secret")
	require.Equal(t, "on-demand", holder.Value(t, "tags.rotation"))
	require.Equal(t, []any{"key-secrets", 30.0}, []any{holder.Value(t, "kmsKeyId"), holder.Value(t, "recoveryWindowInDays")})
	require.Equal(t, "arn:aws:secretsmanager:us-east-1:123456789012:main-auth-secret", r.One(t, versionType, "main-auth-version").Value(t, "secretId"))
	r.RequireHidden(t, pulumitest.Password)
}

func checkLogs(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	delivery := func(kind string) any {
		return map[string]any{
			"destination": "main-" + kind, "destinationType": "cloudwatch-logs", "logFormat": "json", "logType": kind,
		}
	}
	require.Equal(t, []any{delivery("slow-log"), delivery("engine-log")},
		r.One(t, groupType, "main-group").Value(t, "logDeliveryConfigurations"))
	for _, kind := range []string{"slow-log", "engine-log"} {
		group := r.One(t, logGroupType, "main-"+kind)
		require.Equal(t, 90.0, group.Value(t, "retentionInDays"))
		require.Equal(t, "key-logs", group.Value(t, "kmsKeyId"))
	}
}

func TestRedisBySetting(t *testing.T) {
	t.Parallel()
	args := good()
	args.Engine = cache.Redis
	r, _ := record(t, "main", args)
	group := r.One(t, groupType, "main-group")
	require.Equal(t, "redis", group.Value(t, "engine"))
	require.Equal(t, "7.1", group.Value(t, "engineVersion"))
	require.Equal(t, "redis7", r.One(t, parametersType, "main-parameters").Value(t, "family"))
}

func TestOneNodeHasNobodyToTakeOver(t *testing.T) {
	t.Parallel()
	args := good()
	args.Nodes = 1
	r, _ := record(t, "main", args)
	group := r.One(t, groupType, "main-group")
	require.Equal(t, 1.0, group.Value(t, "numCacheClusters"))
	require.Equal(t, false, group.Value(t, "automaticFailoverEnabled"))
	require.Equal(t, false, group.Value(t, "multiAzEnabled"))
	require.Equal(t, true, group.Value(t, "transitEncryptionEnabled"), "one node is no less secure")
}

func TestMajorUpgradeWaitsForNoWindow(t *testing.T) {
	t.Parallel()
	args := good()
	args.AllowMajorUpgrade = true
	r, _ := record(t, "main", args)
	require.Equal(t, true, r.One(t, groupType, "main-group").Value(t, "applyImmediately"))
	r.RequireProtected(t, groupType, secretType)
}

func TestWithoutDeletionProtection(t *testing.T) {
	t.Parallel()
	args := good()
	args.DeletionProtection = new(false)
	r, _ := record(t, "main", args)
	group := r.One(t, groupType, "main-group")
	require.False(t, group.Has("finalSnapshotIdentifier"))
	require.Equal(t, true, group.Value(t, "applyImmediately"))
	require.Equal(t, true, group.Value(t, "atRestEncryptionEnabled"), "it is no less secure")
	require.Equal(t, true, group.Value(t, "multiAzEnabled"), "nor less available")
	require.Equal(t, 0.0, r.One(t, secretType, "main-auth-secret").Value(t, "recoveryWindowInDays"))
	r.RequireProtected(t)
}

func checkAlarms(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	const nodes = 2
	want := map[string]struct {
		metric, statistic string
		threshold         float64
	}{
		"cpu":         {"EngineCPUUtilization", "Average", 80},
		"memory":      {"DatabaseMemoryUsagePercentage", "Average", 80},
		"evictions":   {"Evictions", "Sum", 0},
		"connections": {"CurrConnections", "Maximum", 50_000},
	}
	require.Len(t, r.OfType(alarmType), nodes*len(want))
	for suffix, w := range want {
		for node := 1; node <= nodes; node++ {
			a := r.One(t, alarmType, fmt.Sprintf("main-%s-%d", suffix, node))
			require.Equal(t, w.metric, a.Value(t, "metricName"))
			require.Equal(t, w.statistic, a.Value(t, "statistic"))
			require.Equal(t, w.threshold, a.Value(t, "threshold"))
			require.Equal(t, "GreaterThanThreshold", a.Value(t, "comparisonOperator"))
			require.Equal(t, "AWS/ElastiCache", a.Value(t, "namespace"))
			require.Equal(t, []any{300.0, 3.0, "breaching"}, []any{a.Value(t, "period"), a.Value(t, "evaluationPeriods"), a.Value(t, "treatMissingData")})
			require.Equal(t, map[string]any{"CacheClusterId": fmt.Sprintf("main-group-%03d", node)}, a.Value(t, "dimensions"))
			require.Equal(t, []any{"topic"}, a.Value(t, "alarmActions"))
			require.Equal(t, []any{"topic"}, a.Value(t, "okActions"))
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, outputs := record(t, "main", good())
	known := func(value any) pulumitest.Output { return pulumitest.Output{Value: value, Known: true} }
	require.Equal(t, map[string]pulumitest.Output{
		"PrimaryEndpoint":    known("primary.main-group.example"),
		"ReaderEndpoint":     known("reader.main-group.example"),
		"Port":               known(6379),
		"AuthSecretARN":      known("arn:aws:secretsmanager:us-east-1:123456789012:main-auth-secret"),
		"ReplicationGroupID": known("main-group"),
	}, outputs)
}

func TestNamesFit(t *testing.T) {
	t.Parallel()
	r, _ := record(t, strings.Repeat("very-long-name-", 20)+"end", good())
	r.RequireNamesFit(t)
}
