package provisioner

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/pulumitest"
)

func rightProvisioner() *ProvisionerArgs {
	return &ProvisionerArgs{
		PublishServed: true,
		Settings: function.Settings{
			Environment: "prod", Region: pulumitest.Region, AccountID: pulumitest.Account,
			PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}), SecurityGroupID: pulumi.String("sg-1"),
			LogKeyARN: pulumi.String("arn:log-key"), AlarmTopicARN: pulumi.String("arn:topic"),
		},
		DatabaseHost: pulumi.String("database.example"), DatabasePort: pulumi.Int(5432),
		MasterSecretARN: pulumi.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:master"),
		SecretsKeyARN:   pulumi.String("arn:secrets-key"), StorageKeyARN: pulumi.String("arn:storage-key"),
		NotificationsKeyARN: pulumi.String("arn:notifications-key"),
	}
}

func provision(t *testing.T, args *ProvisionerArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewProvisioner(ctx, "provisioner", args)
		return err
	})
}

// checks hold for a provisioner that says nothing about itself. Together they watch all that it consists of.
var checks = []pulumitest.Check{checkFunction, checkPermissions, checkArchives(true), checkSweep, checkAlarms, checkConventions}

func TestDefaultsAreNarrowAndSafe(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		_, err := NewProvisioner(ctx, "provisioner", rightProvisioner())
		return err
	})
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * description", "* * tags.Name", "MetricAlarm * alarmDescription",
		"BucketLifecycleConfigurationV2 * rules[0].id")
}

func TestArchivesWithoutDeletionProtection(t *testing.T) {
	t.Parallel()
	args := rightProvisioner()
	args.DeletionProtection = new(false)
	checkArchives(false)(t, provision(t, args))
}

// checkConventions is what every component keeps to.
func checkConventions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireBelow(t, "genericcorp:provisioner:Provisioner")
	r.RequireProtected(t, "aws:s3/bucketV2:BucketV2")
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "provisioner"})
}

func checkFunction(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	function := r.One(t, "aws:lambda/function:Function", "provisioner")
	for path, want := range map[string]any{
		"name": "platform-prod-us-east-1-provisioner", "runtime": "provided.al2023", "handler": "bootstrap", "architectures[0]": "arm64",
		"memorySize": 1769.0, "timeout": 900.0, "reservedConcurrentExecutions": 10.0,
		"vpcConfig.subnetIds": []any{"subnet-a", "subnet-b"}, "role": "arn:aws:iam:us-east-1:123456789012:provisioner", "vpcConfig.securityGroupIds[0]": "sg-1",
	} {
		require.Equal(t, want, function.Value(t, path), path)
	}
	require.Equal(t, map[string]any{
		"ENVIRONMENT": "prod", "DATABASE_HOST": "database.example", "DATABASE_PORT": "5432", "DATABASE_NAME": "platform",
		"MASTER_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:master",
		"ARCHIVE_BUCKET":    "provisioner-archives", "ARCHIVE_KEY_ARN": "arn:storage-key", "SCHEMA_CEILING": "500", "ALARM_TOPIC_ARN": "arn:topic",
		"OWN_CONNECTIONS": "90", "CONNECTION_OVERCOMMIT_PERCENT": "0", "PUBLISH_SERVED": "true", "BILLED": "false",
	}, function.Value(t, "environment.variables"))
	group := r.One(t, "aws:cloudwatch/logGroup:LogGroup", "provisioner")
	require.Equal(t, "/aws/lambda/platform-prod-us-east-1-provisioner", group.Value(t, "name"))
	require.InDelta(t, 90, group.Value(t, "retentionInDays"), 0)
	require.Equal(t, "arn:log-key", group.Value(t, "kmsKeyId"))
	waits := strings.Join(function.Request.GetDependencies(), " ")
	require.Contains(t, waits, "LogGroup::provisioner", "else Lambda makes a log group of its own")
	require.Contains(t, waits, "RolePolicy::provisioner", "else the first call has no permissions")
}

func TestProvisionerSettings(t *testing.T) {
	t.Parallel()
	args := rightProvisioner()
	args.OvercommitPercent = 50
	args.Architecture, args.SchemaCeiling, args.ReservedConcurrency, args.LogRetentionDays = artifact.X8664, 7, function.Unreserved, 30
	r := provision(t, args)
	function := r.One(t, "aws:lambda/function:Function", "provisioner")
	require.Equal(t, "x86_64", function.Value(t, "architectures[0]"))
	require.Equal(t, "7", function.Value(t, "environment.variables.SCHEMA_CEILING"))
	require.Equal(t, "50", function.Value(t, "environment.variables.CONNECTION_OVERCOMMIT_PERCENT"))
	require.InDelta(t, -1, function.Value(t, "reservedConcurrentExecutions"), 0)
	require.InDelta(t, 30, r.One(t, "aws:cloudwatch/logGroup:LogGroup", "provisioner").Value(t, "retentionInDays"), 0)
}

// checkPermissions requires exactly what the provisioner does, and no more.
func checkPermissions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	const (
		allow      = `"Effect": "Allow", "Resource"`
		interfaces = `"Action": ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
			"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"], "Resource": ["*"]`
		use = `"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Condition": {"StringEquals": {"kms:ViaService"`
	)
	permissions := r.One(t, "aws:iam/rolePolicy:RolePolicy", "provisioner")
	require.Equal(t, "provisioner", permissions.Value(t, "role"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Log", `+allow+`: ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/platform-prod-us-east-1-provisioner:*"],
		 "Action": ["logs:CreateLogStream", "logs:PutLogEvents"]},
		{"Sid": "JoinNetwork", "Effect": "Allow", `+interfaces+`},
		{"Sid": "NotFromTheProgram", "Effect": "Deny", `+interfaces+`, "Condition": {"ArnEquals": {
			"lambda:SourceFunctionArn": ["arn:aws:lambda:us-east-1:123456789012:function:platform-prod-us-east-1-provisioner"]}}},
		{"Sid": "ReadAdministrator", `+allow+`: ["arn:aws:secretsmanager:us-east-1:123456789012:secret:master"],
		 "Action": ["secretsmanager:GetSecretValue"]},
		{"Sid": "KeepConnections", `+allow+`: ["arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/prod/tenants/*", "arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/prod/services/*"], "Action": [
			"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]},
		{"Sid": "KeepArchives", `+allow+`: ["arn:aws:s3:::provisioner-archives/archives/prod/*"],
		 "Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]},
		{"Sid": "ListArchives", `+allow+`: ["arn:aws:s3:::provisioner-archives"],
		 "Action": ["s3:ListBucket"]},
		{"Sid": "UseSecretsKey", `+allow+`: ["arn:secrets-key"], `+use+`: ["secretsmanager.us-east-1.amazonaws.com"]}}},
		{"Sid": "UseStorageKey", `+allow+`: ["arn:storage-key"], `+use+`: ["s3.us-east-1.amazonaws.com"]}}},
		{"Sid": "TellPeople", `+allow+`: ["arn:topic"], "Action": ["sns:Publish"]},
		{"Sid": "UseNotificationsKey", `+allow+`: ["arn:notifications-key"], `+use+`: ["sns.us-east-1.amazonaws.com"]}}}]}`,
		fmt.Sprint(permissions.Value(t, "policy")))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["lambda.amazonaws.com"]}}]}`,
		fmt.Sprint(r.One(t, "aws:iam/role:Role", "provisioner").Value(t, "assumeRolePolicy")))
}

// checkArchives gives the check of the bucket with and without protection.
func checkArchives(protected bool) pulumitest.Check {
	return func(t testing.TB, r *pulumitest.Recorder) {
		t.Helper()
		bucket := r.One(t, "aws:s3/bucketV2:BucketV2", "provisioner-archives")
		require.Equal(t, protected, bucket.Protect)
		require.Equal(t, !protected, bucket.Value(t, "forceDestroy"))
		access := r.One(t, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "provisioner-archives")
		for _, way := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
			require.Equal(t, true, access.Value(t, way), way)
		}
		encryption := r.One(t, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "provisioner-archives")
		require.Equal(t, "aws:kms", encryption.Value(t, "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm"))
		require.Equal(t, "arn:storage-key", encryption.Value(t, "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId"))
		versioning := r.One(t, "aws:s3/bucketVersioningV2:BucketVersioningV2", "provisioner-archives")
		require.Equal(t, "Enabled", versioning.Value(t, "versioningConfiguration.status"))
		policy := r.One(t, "aws:s3/bucketPolicy:BucketPolicy", "provisioner-archives")
		const arn = "arn:aws:s3:us-east-1:123456789012:provisioner-archives"
		require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": ["s3:*"],
			"Resource": ["`+arn+`", "`+arn+`/*"], "Condition": {"Bool": {"aws:SecureTransport": ["false"]}}}]}`, fmt.Sprint(policy.Value(t, "policy")))
		require.Equal(t, true, encryption.Value(t, "rules[0].bucketKeyEnabled"))
		require.Equal(t, "BucketOwnerEnforced",
			r.One(t, "aws:s3/bucketOwnershipControls:BucketOwnershipControls", "provisioner-archives").Value(t, "rule.objectOwnership"))
		for _, res := range r.All() {
			if res.Name == "provisioner-archives" && res.Has("bucket") {
				require.Equal(t, "provisioner-archives", res.Value(t, "bucket"), res.Type)
			}
		}
		lifecycle := r.One(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "provisioner-archives")
		for path, want := range map[string]any{
			"rules[0].status": "Enabled", "rules[0].filter.prefix": "", "rules[0].abortIncompleteMultipartUpload.daysAfterInitiation": 1.0,
			"rules[0].transitions": []any{map[string]any{"days": 30.0, "storageClass": "STANDARD_IA"}},
		} {
			require.Equal(t, want, lifecycle.Value(t, path), path)
		}
		require.False(t, lifecycle.Has("rules[0].expiration"), "an archive may be the last that there is of a tenant")
		require.InDelta(t, 90, lifecycle.Value(t, "rules[0].noncurrentVersionExpiration.noncurrentDays"), 0)
	}
}

func checkSweep(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Equal(t, "rate(1 minute)", r.One(t, "aws:cloudwatch/eventRule:EventRule", "provisioner-sweep").Value(t, "scheduleExpression"))
	input, _ := r.One(t, "aws:cloudwatch/eventTarget:EventTarget", "provisioner-sweep").Value(t, "input").(string)
	require.JSONEq(t, `{"action":"sweep","lookAgainSeconds":8}`, input)
	permission := r.One(t, "aws:lambda/permission:Permission", "provisioner-sweep")
	require.Equal(t, "events.amazonaws.com", permission.Value(t, "principal"))
	require.Equal(t, "arn:aws:cloudwatch:us-east-1:123456789012:provisioner-sweep", permission.Value(t, "sourceArn"), "no other schedule may call it")
	require.Equal(t, "lambda:InvokeFunction", permission.Value(t, "action"))
	require.Equal(t, "platform-prod-us-east-1-provisioner", permission.Value(t, "function"))
	target := r.One(t, "aws:cloudwatch/eventTarget:EventTarget", "provisioner-sweep")
	require.Equal(t, []any{"provisioner-sweep", "arn:aws:lambda:us-east-1:123456789012:provisioner"}, []any{target.Value(t, "rule"), target.Value(t, "arn")})
	retries := r.One(t, "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "provisioner-sweep")
	require.Equal(t, "platform-prod-us-east-1-provisioner", retries.Value(t, "functionName"))
	require.InDelta(t, 0, retries.Value(t, "maximumRetryAttempts"), 0)
	require.InDelta(t, 60, retries.Value(t, "maximumEventAgeInSeconds"), 0)
}

func checkAlarms(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	for suffix, metric := range map[string]string{"sweep": "AsyncEventsDropped", "throttles": "Throttles"} {
		alarm := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "provisioner-"+suffix)
		require.Equal(t, metric, alarm.Value(t, "metricName"))
		require.Equal(t, "platform-prod-us-east-1-provisioner", alarm.Value(t, "dimensions.FunctionName"))
		for path, want := range map[string]any{
			"alarmActions": []any{"arn:topic"}, "okActions": []any{"arn:topic"}, "namespace": "AWS/Lambda", "statistic": "Sum",
			"comparisonOperator": "GreaterThanThreshold", "threshold": 0.0, "period": 300.0, "evaluationPeriods": 1.0, "treatMissingData": "notBreaching",
		} {
			require.Equal(t, want, alarm.Value(t, path), suffix+" "+path)
		}
	}
}

func TestProvisionerRefusesAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewProvisioner(ctx, "provisioner", &ProvisionerArgs{
			Settings: function.Settings{Architecture: "mips", ReservedConcurrency: 101, LogRetentionDays: 2}, SchemaCeiling: -1, OvercommitPercent: 401,
		})
		return err
	})
	for _, want := range []string{
		`provisioner "provisioner": environment: got ""`, `region: got ""`, `accountId: got ""`,
		`architecture: got "mips", expected arm64 or x86_64`, "schemaCeiling: got -1, expected 1 to 2000", "overcommit.percent: got 401, expected 0 to 400",
		"reservedConcurrency: got 101, expected 1 to 100, or -1 for none", "logRetentionDays: got 2", "privateSubnetIds", "securityGroupId",
		"databaseHost", "databasePort", "masterSecretArn", "secretsKeyArn", "storageKeyArn", "logKeyArn", "alarmTopicArn",
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewProvisioner(ctx, "provisioner", nil)
		return err
	})
	require.ErrorContains(t, err, "environment")
}

// An archive that Lambda could not run stops the deployment before anything is registered.
func TestDeadArtifactsAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"missing":         {nil, "there is no such file"},
		"empty":           {map[string]string{}, "it has no bootstrap"},
		"not a program":   {map[string]string{"bootstrap": "#!/bin/sh\nexec true; # and more"}, "its bootstrap is not a Linux program"},
		"cut off":         {map[string]string{"bootstrap": "\x7fELF"}, "its bootstrap is not a Linux program"},
		"other processor": {map[string]string{"bootstrap": program(62)}, "its bootstrap is for EM_X86_64, and the function runs on arm64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if test.files != nil {
				writeArchive(t, filepath.Join(root, "bin", "provisioner-arm64.zip"), test.files, 0o755)
			}
			r, err := provisionIn(root)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "bin/provisioner-arm64.zip cannot be deployed")
			require.ErrorContains(t, err, "build it with `make provisioner ARCHITECTURE=arm64`")
			require.Empty(t, r.All())
		})
	}
	root := t.TempDir()
	file := filepath.Join(root, "bin", "provisioner-arm64.zip")
	writeArchive(t, file, map[string]string{"bootstrap": program(183)}, 0o644)
	_, err := provisionIn(root)
	require.ErrorContains(t, err, "its bootstrap is not executable")
	writeArchive(t, file, map[string]string{"rds-ca.pem": "", "bootstrap": program(183)}, 0o755)
	_, err = provisionIn(root)
	require.NoError(t, err)
}

func provisionIn(root string) (*pulumitest.Recorder, error) {
	return pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewProvisioner(ctx, "provisioner", rightProvisioner())
		return err
	}, func(info *pulumi.RunInfo) { info.RootDirectory = root })
}
