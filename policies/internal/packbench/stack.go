package main

import (
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	databaseType = "aws:rds/instance:Instance"
	ruleType     = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	gatewayType  = "aws:ec2/natGateway:NatGateway"
)

var tags = map[string]any{"Name": "synthetic", "component": "bench", "cost-centre": "platform", "environment": "prod", "owner": "platform"}

// kinds are what the synthetic stack is made of, in turn: resources as production has them, with as many properties.
var kinds = []struct {
	token string
	props map[string]any
}{
	{databaseType, map[string]any{
		"engine": "postgres", "engineVersion": "17.6", "instanceClass": "db.t4g.micro", "allocatedStorage": 20, "storageType": "gp3", "multiAz": true,
		"storageEncrypted": true, "deletionProtection": true, "publiclyAccessible": false, "backupRetentionPeriod": 35, "monitoringInterval": 60,
		"enabledCloudwatchLogsExports": []any{"postgresql", "upgrade"}, "iamDatabaseAuthenticationEnabled": true, "port": 6432, "username": "platform_owner",
		"autoMinorVersionUpgrade": true, "copyTagsToSnapshot": true, "tags": tags,
	}},
	{ruleType, map[string]any{"description": "from nodes", "ipProtocol": "tcp", "fromPort": 6432, "toPort": 6432, "cidrIpv4": "10.0.0.0/16", "tags": tags}},
	{gatewayType, map[string]any{"connectivityType": "private", "subnetId": "subnet-1", "tags": tags}},
	{"aws:ec2/subnet:Subnet", map[string]any{"cidrBlock": "10.0.0.0/22", "availabilityZone": "us-east-1a", "mapPublicIpOnLaunch": false, "tags": tags}},
	{"aws:cloudwatch/metricAlarm:MetricAlarm", map[string]any{
		"alarmDescription": "too busy", "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 3, "metricName": "CPUUtilization",
		"namespace": "AWS/RDS", "period": 60, "statistic": "Average", "threshold": 80, "dimensions": map[string]any{"DBInstanceIdentifier": "a"}, "tags": tags,
	}},
	{"aws:iam/rolePolicy:RolePolicy", map[string]any{
		"role": "r", "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::b/*"]}]}`,
	}},
	{"aws:cloudwatch/logGroup:LogGroup", map[string]any{"kmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/a", "retentionInDays": 90, "tags": tags}},
	{"aws:kms/key:Key", map[string]any{"enableKeyRotation": true, "deletionWindowInDays": 30, "description": "synthetic", "tags": tags}},
	{"aws:sns/topic:Topic", map[string]any{"displayName": "synthetic", "kmsMasterKeyId": "arn:aws:kms:us-east-1:111122223333:key/a", "tags": tags}},
	{"aws:secretsmanager/secret:Secret", map[string]any{"description": "synthetic", "kmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/a", "tags": tags}},
}

// synthetic makes a stack of n resources.
func synthetic(n int) ([]*pulumirpc.AnalyzerResource, error) {
	list := make([]*pulumirpc.AnalyzerResource, 0, n)
	for i := range n {
		kind := kinds[i%len(kinds)]
		properties, err := structpb.NewStruct(kind.props)
		if err != nil {
			return nil, fmt.Errorf("make a resource of type %s: %w", kind.token, err)
		}
		name := fmt.Sprintf("synthetic-%d", i)
		list = append(list, &pulumirpc.AnalyzerResource{
			Type: kind.token, Name: name, Urn: "urn:pulumi:bench::platform::" + kind.token + "::" + name,
			Properties: properties, Options: &pulumirpc.AnalyzerResourceOptions{},
		})
	}
	return list, nil
}
