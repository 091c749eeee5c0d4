package database_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/database"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	alarmType      = "aws:cloudwatch/metricAlarm:MetricAlarm"
	instanceType   = "aws:rds/instance:Instance"
	logGroupType   = "aws:cloudwatch/logGroup:LogGroup"
	parametersType = "aws:rds/parameterGroup:ParameterGroup"
	policyType     = "aws:iam/rolePolicy:RolePolicy"
	roleType       = "aws:iam/role:Role"
	subnetsType    = "aws:rds/subnetGroup:SubnetGroup"
)

func record(t *testing.T, name string, args *database.DatabaseArgs) (*pulumitest.Recorder, map[string]pulumitest.Output) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		d, err := database.NewDatabase(ctx, name, args)
		if err != nil {
			return err
		}
		outputs = pulumitest.Outputs(t, ctx, d)
		return nil
	})
	return r, outputs
}

// good are the arguments that have no default.
func good() *database.DatabaseArgs {
	return &database.DatabaseArgs{
		InstanceClass:      "db.t4g.medium",
		SubnetIDs:          pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
		SecurityGroupID:    pulumi.String("sg-database"),
		KeyARN:             pulumi.String("key-database"),
		MasterSecretKeyARN: pulumi.String("key-secrets"),
		LogKeyARN:          pulumi.String("key-logs"),
		AlarmTopicARN:      pulumi.String("topic"),
	}
}

// checks hold for a database that says nothing about itself. Together they watch all that it consists of.
var checks = []pulumitest.Check{checkInstance, checkParameters, checkLogs, checkMonitoringRole, checkAlarms, checkConventions}

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
	r.RequireProtected(t, instanceType)
	r.RequireBelow(t, "genericcorp:database:Database")
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "database"})
}

func checkInstance(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	instance := r.One(t, instanceType, "main-instance")
	for input, want := range map[string]any{
		"identifier":    "platform-test-main",
		"engine":        "postgres",
		"engineVersion": "17",
		"instanceClass": "db.t4g.medium",
		"multiAz":       true,

		"storageType":         "gp3",
		"allocatedStorage":    50.0,
		"maxAllocatedStorage": 200.0,
		"storageEncrypted":    true,
		"kmsKeyId":            "key-database",

		"dbName":                           "platform",
		"username":                         "platform_admin",
		"manageMasterUserPassword":         true,
		"masterUserSecretKmsKeyId":         "key-secrets",
		"iamDatabaseAuthenticationEnabled": true,

		"parameterGroupName":  "main-parameters",
		"dbSubnetGroupName":   "main-subnets",
		"vpcSecurityGroupIds": []any{"sg-database"},
		"publiclyAccessible":  false,
		"port":                5433.0, // not PostgreSQL's own

		"backupRetentionPeriod":    35.0,
		"backupWindow":             "03:00-04:00",
		"maintenanceWindow":        "sun:04:30-sun:05:30",
		"copyTagsToSnapshot":       true,
		"autoMinorVersionUpgrade":  true,
		"allowMajorVersionUpgrade": false,

		"performanceInsightsEnabled":         true,
		"performanceInsightsKmsKeyId":        "key-database",
		"performanceInsightsRetentionPeriod": 7.0,
		"monitoringInterval":                 60.0,
		"monitoringRoleArn":                  "arn:aws:iam:us-east-1:123456789012:main-monitoring",
		"enabledCloudwatchLogsExports":       []any{"postgresql", "upgrade"},

		"applyImmediately":        false,
		"deletionProtection":      true,
		"skipFinalSnapshot":       false,
		"finalSnapshotIdentifier": "platform-test-main-final-" + pulumitest.ID,
		"deleteAutomatedBackups":  false,
	} {
		require.Equal(t, want, instance.Value(t, input), input)
	}
	require.False(t, instance.Has("password"), "RDS makes the password")
	require.Equal(t, 4.0, r.One(t, "random:index/randomId:RandomId", "main-final").Value(t, "byteLength"))
	require.Equal(t, []any{"subnet-a", "subnet-b"}, r.One(t, subnetsType, "main-subnets").Value(t, "subnetIds"))
}

func TestWithoutDeletionProtection(t *testing.T) {
	t.Parallel()
	args := good()
	args.DeletionProtection = new(false)
	r, _ := record(t, "main", args)
	instance := r.One(t, instanceType, "main-instance")
	for input, want := range map[string]any{
		"applyImmediately": true, "deletionProtection": false, "skipFinalSnapshot": true, "deleteAutomatedBackups": true,
	} {
		require.Equal(t, want, instance.Value(t, input), input)
	}
	require.False(t, instance.Has("finalSnapshotIdentifier"))
	require.Empty(t, r.OfType("random:index/randomId:RandomId"))
	require.Equal(t, true, instance.Value(t, "multiAz"), "it is no less available")
	require.Equal(t, true, instance.Value(t, "storageEncrypted"), "nor less secure")
	r.RequireProtected(t)
}

func TestSettingsReachTheInstance(t *testing.T) {
	t.Parallel()
	args := good()
	args.EngineVersion, args.SingleZone, args.StorageGiB, args.MaxStorageGiB = "18", true, 20, 22
	args.BackupRetentionDays, args.DatabaseName, args.AdminName, args.Port = 3, "shared", "boss", 6543
	r, _ := record(t, "main", args)
	instance := r.One(t, instanceType, "main-instance")
	for input, want := range map[string]any{
		"engineVersion": "18", "multiAz": false, "allocatedStorage": 20.0, "maxAllocatedStorage": 22.0,
		"backupRetentionPeriod": 3.0, "dbName": "shared", "username": "boss", "port": 6543.0,
	} {
		require.Equal(t, want, instance.Value(t, input), input)
	}
	require.Equal(t, "postgres18", r.One(t, parametersType, "main-parameters").Value(t, "family"))
}

// A person who asks for a new major version gets it in the deployment, protected as before.
func TestMajorUpgradeHappensAtOnce(t *testing.T) {
	t.Parallel()
	args := good()
	args.EngineVersion, args.AllowMajorUpgrade = "18", true
	r, _ := record(t, "main", args)
	instance := r.One(t, instanceType, "main-instance")
	for input, want := range map[string]any{
		"engineVersion": "18", "allowMajorVersionUpgrade": true, "applyImmediately": true, "deletionProtection": true,
	} {
		require.Equal(t, want, instance.Value(t, input), input)
	}
	require.Equal(t, "postgres18", r.One(t, parametersType, "main-parameters").Value(t, "family"))
	r.RequireProtected(t, instanceType)
}

func checkParameters(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	group := r.One(t, parametersType, "main-parameters")
	require.Equal(t, "postgres17", group.Value(t, "family"))
	list, ok := group.Value(t, "parameters").([]any)
	require.True(t, ok)
	const now, restart = "immediate", "pending-reboot"
	got := map[any][2]any{}
	for _, entry := range list {
		p, _ := entry.(map[string]any)
		got[p["name"]] = [2]any{p["value"], p["applyMethod"]}
	}
	require.Equal(t, map[any][2]any{
		"rds.force_ssl":                       {"1", restart},
		"password_encryption":                 {"scram-sha-256", restart},
		"rds.accepted_password_auth_method":   {"scram", now},
		"authentication_timeout":              {"10", now},
		"log_connections":                     {"1", now},
		"log_disconnections":                  {"1", now},
		"log_lock_waits":                      {"1", now},
		"log_min_duration_statement":          {"1000", now},
		"log_min_error_statement":             {"log", now},
		"log_error_verbosity":                 {"terse", now},
		"log_statement":                       {"none", restart},
		"log_parameter_max_length":            {"0", now},
		"log_parameter_max_length_on_error":   {"0", restart},
		"log_temp_files":                      {"10240", now},
		"max_locks_per_transaction":           {"512", restart},
		"autovacuum_max_workers":              {"5", restart},
		"autovacuum_naptime":                  {"15", restart},
		"shared_preload_libraries":            {"pg_stat_statements", restart},
		"pg_stat_statements.max":              {"10000", restart},
		"temp_file_limit":                     {"4194304", now},
		"idle_session_timeout":                {"3600000", now},
		"idle_in_transaction_session_timeout": {"60000", now},
	}, got)
}

func checkLogs(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	instance := r.One(t, instanceType, "main-instance")
	for _, export := range []string{"postgresql", "upgrade"} {
		group := r.One(t, logGroupType, "main-log-"+export)
		require.Equal(t, "/aws/rds/instance/platform-test-main/"+export, group.Value(t, "name"))
		require.Equal(t, 90.0, group.Value(t, "retentionInDays"))
		require.Equal(t, "key-logs", group.Value(t, "kmsKeyId"))
		require.Condition(t, func() bool {
			for _, urn := range instance.Request.GetDependencies() {
				if strings.HasSuffix(urn, "::main-log-"+export) {
					return true
				}
			}
			return false
		}, "the instance waits for the log group of %s", export)
	}
}

func checkMonitoringRole(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["monitoring.rds.amazonaws.com"]},
		"Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}}
	}]}`, text(t, r.One(t, roleType, "main-monitoring"), "assumeRolePolicy"))
	require.Equal(t, "main-monitoring", r.One(t, policyType, "main-monitoring").Value(t, "role"))
	const metrics = "arn:aws:logs:us-east-1:123456789012:log-group:RDSOSMetrics"
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:PutRetentionPolicy"], "Resource": ["`+metrics+`"]},
		{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents"],
		 "Resource": ["`+metrics+`:log-stream:*"]}
	]}`, text(t, r.One(t, policyType, "main-monitoring"), "policy"))
}

func text(t testing.TB, res pulumitest.Resource, input string) string {
	t.Helper()
	s, ok := res.Value(t, input).(string)
	require.True(t, ok)
	return s
}

func checkAlarms(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	const gib = 1 << 30
	want := map[string]struct {
		metric, comparison string
		threshold          float64
	}{
		"main-cpu":          {"CPUUtilization", "GreaterThanThreshold", 80},
		"main-storage":      {"FreeStorageSpace", "LessThanThreshold", 5 * gib},
		"main-memory":       {"FreeableMemory", "LessThanThreshold", 0.4 * gib},
		"main-connections":  {"DatabaseConnections", "GreaterThanThreshold", 322},
		"main-transactions": {"MaximumUsedTransactionIDs", "GreaterThanThreshold", 1e9},
		"main-disk":         {"DiskQueueDepth", "GreaterThanThreshold", 64},
	}
	require.Len(t, r.OfType(alarmType), len(want)+1)
	checkLogAlarm(t, r)
	for name, w := range want {
		a := r.One(t, alarmType, name)
		require.Equal(t, w.metric, a.Value(t, "metricName"), name)
		require.Equal(t, w.comparison, a.Value(t, "comparisonOperator"), name)
		require.InDelta(t, w.threshold, a.Value(t, "threshold"), 0.5, name)
		require.Equal(t, []any{"Average", 300.0, 3.0, "breaching"}, []any{
			a.Value(t, "statistic"), a.Value(t, "period"), a.Value(t, "evaluationPeriods"), a.Value(t, "treatMissingData"),
		}, name)
		require.Equal(t, "AWS/RDS", a.Value(t, "namespace"), name)
		require.Equal(t, map[string]any{"DBInstanceIdentifier": "platform-test-main"}, a.Value(t, "dimensions"), name)
		require.Equal(t, []any{"topic"}, a.Value(t, "alarmActions"), name)
		require.Equal(t, []any{"topic"}, a.Value(t, "okActions"), name)
	}
}

// checkLogAlarm: a tenant can write to the server's log as much as it likes.
func checkLogAlarm(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	a := r.One(t, alarmType, "main-log")
	for input, want := range map[string]any{
		"namespace": "AWS/Logs", "metricName": "IncomingBytes", "statistic": "Sum", "comparisonOperator": "GreaterThanThreshold", "threshold": 1e8,
		"period": 300.0, "evaluationPeriods": 1.0, "treatMissingData": "notBreaching", "alarmActions": []any{"topic"}, "okActions": []any{"topic"},
		"dimensions": map[string]any{"LogGroupName": "/aws/rds/instance/platform-test-main/postgresql"},
	} {
		require.Equal(t, want, a.Value(t, input), input)
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, outputs := record(t, "main", good())
	known := func(value any) pulumitest.Output { return pulumitest.Output{Value: value, Known: true} }
	require.Equal(t, map[string]pulumitest.Output{
		"Address":         known("main-instance.example"),
		"Port":            known(5433),
		"MasterSecretARN": known("arn:aws:secretsmanager:us-east-1:123456789012:secret:master"),
		"InstanceID":      known("platform-test-main"),
		"ARN":             known("arn:aws:rds:us-east-1:123456789012:main-instance"),
		"EngineVersion":   known("17.7"),
	}, outputs)
}

func TestNamesFit(t *testing.T) {
	t.Parallel()
	r, _ := record(t, strings.Repeat("very-long-name-", 20)+"end", good())
	r.RequireNamesFit(t)
}
