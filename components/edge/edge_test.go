package edge_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/edge"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	balancerType = "aws:lb/loadBalancer:LoadBalancer"
	targetsType  = "aws:lb/targetGroup:TargetGroup"
	recordType   = "aws:route53/record:Record"
	zone         = "Z0123456789ABC"

	// What the recorder says in AWS's stead.
	arnOfTargets     = "arn:aws:lb:us-east-1:" + pulumitest.Account + ":edge"
	arnOfCertificate = "arn:aws:acm:us-east-1:" + pulumitest.Account + ":edge"
)

func record(t *testing.T, args *edge.EdgeArgs) (*pulumitest.Recorder, map[string]pulumitest.Output) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		made, err := edge.NewEdge(ctx, "edge", args)
		if err != nil {
			return err
		}
		outputs = pulumitest.Outputs(t, ctx, made)
		return nil
	})
	return r, outputs
}

// right are the arguments that have no default.
func right() *edge.EdgeArgs {
	return &edge.EdgeArgs{
		Region: "us-east-1", AccountID: pulumitest.Account, DomainName: "genericcorp.example", ZoneID: zone,
		VpcID: pulumi.String("vpc"), PublicSubnetIDs: pulumi.ToStringArray([]string{"public-a", "public-b"}), NodeSecurityGroupID: pulumi.String("sg-nodes"),
		ScalingGroups: map[string]pulumi.StringOutput{
			"tenants": pulumi.String("eks-tenants-1").ToStringOutput(), "system": pulumi.String("eks-system-1").ToStringOutput(),
		},
		LogKeyARN: pulumi.String("key-access-logs"), AlarmTopicARN: pulumi.String("topic"),
	}
}

// checks hold for an edge that says nothing about itself. Together they watch all that it consists of.
var checks = []pulumitest.Check{checkLoadBalancer, checkTargets, checkWays, checkNames, checkLogs, checkAlarms, checkConventions}

func TestOneWayInWithTLS(t *testing.T) {
	t.Parallel()
	r, outputs := record(t, right())
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * description", "* * tags.Name", "MetricAlarm * alarmDescription",
		// What every bucket has, its own tests watch.
		"BucketPublicAccessBlock edge-logs *", "BucketOwnershipControls edge-logs *", "BucketServerSideEncryptionConfigurationV2 edge-logs *",
		"BucketVersioningV2 edge-logs *", "BucketLifecycleConfigurationV2 edge-logs *")
	known := func(value string) pulumitest.Output { return pulumitest.Output{Value: value, Known: true} }
	require.Equal(t, map[string]pulumitest.Output{
		"DNSName": known("edge.elb.example"), "CertificateARN": known(arnOfCertificate), "SecurityGroupID": known("edge-id"), "LogBucket": known("edge-logs"),
	}, outputs)
}

func checkConventions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireProtected(t, "aws:s3/bucketV2:BucketV2")
	r.RequireBelow(t, "genericcorp:edge:Edge")
	r.RequireNamesFit(t)
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "edge"})
}

func requireInputs(t testing.TB, found pulumitest.Resource, want map[string]any) {
	t.Helper()
	for path, value := range want {
		require.Equal(t, value, found.Value(t, path), "%s of %s %s", path, found.Type, found.Name)
	}
}

func checkLoadBalancer(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	requireInputs(t, r.One(t, balancerType, "edge"), map[string]any{
		"loadBalancerType": "network", "internal": false, "ipAddressType": "ipv4", "subnets": []any{"public-a", "public-b"},
		"securityGroups": []any{"edge-id"}, "enableCrossZoneLoadBalancing": false, "enableDeletionProtection": true,
		"accessLogs": map[string]any{"bucket": "edge-logs", "enabled": true},
	})
	require.Len(t, r.OfType("aws:lb/listener:Listener"), 1, "nothing listens but TLS")
	requireInputs(t, r.One(t, "aws:lb/listener:Listener", "edge"), map[string]any{
		"loadBalancerArn": arnOfTargets, // the recorder's ARNs tell no kinds apart
		"port":            443.0, "protocol": "TLS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "alpnPolicy": "HTTP2Preferred",
		"certificateArn": arnOfCertificate,
		"defaultActions": []any{map[string]any{"type": "forward", "targetGroupArn": arnOfTargets}},
	})
}

func checkTargets(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	requireInputs(t, r.One(t, targetsType, "edge"), map[string]any{
		"vpcId": "vpc", "targetType": "instance", "port": 30443.0, "protocol": "TCP", "preserveClientIp": "true", "proxyProtocolV2": false,
		"healthCheck": map[string]any{
			"enabled": true, "protocol": "HTTP", "port": "30444", "path": "/readyz", "matcher": "200",
			"interval": 5.0, "timeout": 3.0, "healthyThreshold": 2.0, "unhealthyThreshold": 2.0,
		},
		"deregistrationDelay": 120.0, "connectionTermination": true,
		"targetHealthStates": []any{map[string]any{"enableUnhealthyConnectionTermination": false, "unhealthyDrainingInterval": 120.0}},
	})
	for _, group := range []string{"system", "tenants"} {
		requireInputs(t, r.One(t, "aws:autoscaling/attachment:Attachment", "edge-"+group), map[string]any{
			"autoscalingGroupName": "eks-" + group + "-1", "lbTargetGroupArn": arnOfTargets,
		})
	}
}

// checkWays: everybody reaches one port of the load balancer, which reaches two ports of the nodes, which it alone reaches.
func checkWays(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	const in, out = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	group := r.One(t, "aws:ec2/securityGroup:SecurityGroup", "edge")
	require.Equal(t, "vpc", group.Value(t, "vpcId"))
	require.False(t, group.Has("ingress") || group.Has("egress"), "only rules of their own")
	require.Len(t, r.OfType(in), 3)
	require.Len(t, r.OfType(out), 2)
	requireInputs(t, r.One(t, in, "edge-from-internet"), map[string]any{
		"securityGroupId": "edge-id", "cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0,
	})
	for suffix, port := range map[string]float64{"requests": 30443, "health": 30444} {
		requireInputs(t, r.One(t, out, "edge-to-nodes-"+suffix), map[string]any{
			"securityGroupId": "edge-id", "referencedSecurityGroupId": "sg-nodes", "ipProtocol": "tcp", "fromPort": port, "toPort": port,
		})
		requireInputs(t, r.One(t, in, "edge-nodes-from-"+suffix), map[string]any{
			"securityGroupId": "sg-nodes", "referencedSecurityGroupId": "edge-id", "ipProtocol": "tcp", "fromPort": port, "toPort": port,
		})
	}
}

func checkNames(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	requireInputs(t, r.One(t, "aws:acm/certificate:Certificate", "edge"), map[string]any{
		"domainName": "*.app.genericcorp.example", "validationMethod": "DNS",
	})
	requireInputs(t, r.One(t, recordType, "edge-certificate"), map[string]any{
		"zoneId": zone, "name": "_proof.app.genericcorp.example", "type": "CNAME", "ttl": 300.0, "records": []any{"_answer.example"}, "allowOverwrite": true,
	})
	validation := r.One(t, "aws:acm/certificateValidation:CertificateValidation", "edge")
	requireInputs(t, validation, map[string]any{"certificateArn": arnOfCertificate, "validationRecordFqdns": []any{"_proof.app.genericcorp.example"}})
	require.Equal(t, "20m", validation.Request.GetCustomTimeouts().GetCreate())
	for suffix, name := range map[string]string{"entry": "app.genericcorp.example", "tenants": "*.app.genericcorp.example"} {
		requireInputs(t, r.One(t, recordType, "edge-"+suffix), map[string]any{
			"zoneId": zone, "name": name, "type": "A", "allowOverwrite": true,
			"aliases": []any{map[string]any{"name": "edge.elb.example", "zoneId": "ZLOADBALANCER", "evaluateTargetHealth": true}},
		})
	}
}

func checkLogs(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Equal(t, false, r.One(t, "aws:s3/bucketV2:BucketV2", "edge-logs").Value(t, "forceDestroy"))
	requireInputs(t, r.One(t, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "edge-logs"), map[string]any{
		"rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId": "key-access-logs",
	})
	requireInputs(t, r.One(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "edge-logs"), map[string]any{
		"rules[0].expiration.days": 90.0, "rules[0].noncurrentVersionExpiration.noncurrentDays": 7.0,
	})
	policy := r.One(t, "aws:s3/bucketPolicy:BucketPolicy", "edge-logs")
	require.Equal(t, "edge-logs", policy.Value(t, "bucket"))
	const (
		arn  = "arn:aws:s3:us-east-1:" + pulumitest.Account + ":edge-logs"
		from = `"ArnLike": {"aws:SourceArn": ["arn:aws:logs:us-east-1:` + pulumitest.Account + `:*"]}`
		of   = `"aws:SourceAccount": ["` + pulumitest.Account + `"]`
		who  = `"Effect": "Allow", "Principal": {"Service": ["delivery.logs.amazonaws.com"]}`
	)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "DeliveryLooks", `+who+`, "Action": ["s3:GetBucketAcl"], "Resource": ["`+arn+`"], "Condition": {"StringEquals": {`+of+`}, `+from+`}},
		{"Sid": "DeliveryWrites", `+who+`, "Action": ["s3:PutObject"], "Resource": ["`+arn+`/AWSLogs/`+pulumitest.Account+`/*"],
			"Condition": {"StringEquals": {`+of+`, "s3:x-amz-acl": ["bucket-owner-full-control"]}, `+from+`}},
		{"Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["`+arn+`", "`+arn+`/*"],
			"Condition": {"Bool": {"aws:SecureTransport": ["false"]}}}]}`, fmt.Sprint(policy.Value(t, "policy")))
}

func checkAlarms(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	balancer := map[string]any{"LoadBalancer": "net/edge/1"}
	alarms := map[string]map[string]any{
		"down": {
			"namespace": "AWS/NetworkELB", "metricName": "HealthyHostCount", "statistic": "Maximum", "comparisonOperator": "LessThanThreshold", "threshold": 1.0,
			"evaluationPeriods": 1.0, "treatMissingData": "breaching", "dimensions": map[string]any{"LoadBalancer": "net/edge/1", "TargetGroup": "targetgroup/edge/1"},
		},
		"handshakes": {
			"namespace": "AWS/NetworkELB", "metricName": "ClientTLSNegotiationErrorCount", "statistic": "Sum", "comparisonOperator": "GreaterThanThreshold",
			"threshold": 500.0, "evaluationPeriods": 3.0, "treatMissingData": "notBreaching", "dimensions": balancer,
		},
		"rejected": {
			"namespace": "AWS/NetworkELB", "metricName": "RejectedFlowCount", "statistic": "Maximum", "comparisonOperator": "GreaterThanThreshold",
			"threshold": 0.0, "evaluationPeriods": 3.0, "treatMissingData": "notBreaching", "dimensions": balancer,
		},
		"blocked": {
			"namespace": "AWS/NetworkELB", "metricName": "SecurityGroupBlockedFlowCount_Outbound_TCP", "statistic": "Sum",
			"comparisonOperator": "GreaterThanThreshold", "threshold": 0.0, "evaluationPeriods": 3.0, "treatMissingData": "notBreaching", "dimensions": balancer,
		},
		"certificate": {
			"namespace": "AWS/CertificateManager", "metricName": "DaysToExpiry", "statistic": "Minimum", "comparisonOperator": "LessThanThreshold",
			"threshold": 30.0, "evaluationPeriods": 1.0, "treatMissingData": "breaching", "dimensions": map[string]any{"CertificateArn": arnOfCertificate},
		},
	}
	const kind = "aws:cloudwatch/metricAlarm:MetricAlarm"
	require.Len(t, r.OfType(kind), len(alarms))
	for suffix, want := range alarms {
		found := r.One(t, kind, "edge-"+suffix)
		requireInputs(t, found, want)
		period := 300.0
		if suffix == "certificate" {
			period = 86400
		}
		requireInputs(t, found, map[string]any{"period": period, "alarmActions": []any{"topic"}, "okActions": []any{"topic"}})
	}
}

func TestWithoutDeletionProtectionDestroyTakesAll(t *testing.T) {
	t.Parallel()
	args := right()
	args.DeletionProtection, args.LogRetentionDays = new(false), 7
	r, _ := record(t, args)
	r.RequireProtected(t)
	require.Equal(t, false, r.One(t, balancerType, "edge").Value(t, "enableDeletionProtection"))
	require.Equal(t, true, r.One(t, "aws:s3/bucketV2:BucketV2", "edge-logs").Value(t, "forceDestroy"))
	lifecycle := r.One(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "edge-logs")
	require.InDelta(t, 7, lifecycle.Value(t, "rules[0].expiration.days"), 0)
}

// AWS refuses an attachment of log and load balancer before the bucket's policy, and a listener before the certificate is issued.
func TestWhatAWSWaitsFor(t *testing.T) {
	t.Parallel()
	r, _ := record(t, right())
	dependencies := func(found pulumitest.Resource, input string) []string {
		return found.Request.GetPropertyDependencies()[input].GetUrns()
	}
	listener := r.One(t, "aws:lb/listener:Listener", "edge")
	require.Contains(t, dependencies(listener, "certificateArn"), r.One(t, "aws:acm/certificateValidation:CertificateValidation", "edge").URN)
	require.Contains(t, dependencies(r.One(t, balancerType, "edge"), "accessLogs"), r.One(t, "aws:s3/bucketPolicy:BucketPolicy", "edge-logs").URN)
}

func TestEveryMistakeIsNamed(t *testing.T) {
	t.Parallel()
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := edge.NewEdge(ctx, "Edge", &edge.EdgeArgs{
			Region: "mars", AccountID: "1", DomainName: "*.genericcorp.example", ZoneID: "zone", LogRetentionDays: 4000,
		})
		return err
	})
	require.Empty(t, r.All())
	for _, want := range []string{
		`edge "Edge": name: got "Edge"`, `region: got "mars"`, `accountId: got "1"`,
		`domainName: got "*.genericcorp.example", expected a domain such as "genericcorp.example"`, `zoneId: got "zone"`,
		`logRetentionDays: got 4000, expected 1 to 3653`, `scalingGroups: got none`,
		`vpcId: `, `publicSubnetIds: `, `nodeSecurityGroupId: `, `logKeyArn: `, `alarmTopicArn: `,
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := edge.NewEdge(ctx, "edge", nil)
		return err
	})
	require.ErrorContains(t, err, "domainName")
}
