package database

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// metricsGroup is the log group, one an account and region, to which RDS writes what enhanced monitoring sees.
const metricsGroup = "RDSOSMetrics"

// makeMonitoringRole makes the role by which RDS writes the instance's system metrics. groupARN is the ARN of
// any log group of the same account and region.
func (b *builder) makeMonitoringRole(groupARN pulumi.StringOutput) (*iam.Role, error) {
	account := groupARN.ApplyT(accountOf).(pulumi.StringOutput)
	role, err := iam.NewRole(b.ctx, b.name+"-monitoring", &iam.RoleArgs{
		Description: pulumi.String("Writes the system metrics of " + b.instanceName),
		AssumeRolePolicy: policydoc.AssumeRole(policydoc.Conditions{
			"StringEquals": {"aws:SourceAccount": {account}},
		}, "monitoring.rds.amazonaws.com"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create monitoring role: %w", err)
	}
	metrics := groupARN.ApplyT(metricsGroupARN).(pulumi.StringOutput)
	_, err = iam.NewRolePolicy(b.ctx, b.name+"-monitoring", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policydoc.Document(
			policydoc.Statement{
				Actions:   []string{"logs:CreateLogGroup", "logs:PutRetentionPolicy"},
				Resources: []pulumi.StringInput{metrics},
			},
			policydoc.Statement{
				Actions:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents"},
				Resources: []pulumi.StringInput{pulumi.Sprintf("%s:log-stream:*", metrics)},
			},
		),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create monitoring policy: %w", err)
	}
	return role, nil
}

// accountOf is the account in an ARN ("arn:aws:logs:us-east-1:123456789012:log-group:name").
func accountOf(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return "", fmt.Errorf("%q is not an ARN", arn)
	}
	return parts[4], nil
}

// metricsGroupARN is the ARN of the enhanced monitoring's log group beside another log group.
func metricsGroupARN(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return "", fmt.Errorf("%q is not an ARN", arn)
	}
	return strings.Join(parts[:5], ":") + ":log-group:" + metricsGroup, nil
}
