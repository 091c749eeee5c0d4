package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/policydoc"
)

// makeFlowLog records all traffic of the VPC, accepted and refused, in an encrypted log group.
func (b *builder) makeFlowLog() error {
	group, err := loggroup.New(b.ctx, b.name+"-flow-log", &loggroup.Args{
		RetentionDays: b.args.FlowLogRetentionDays,
		KeyARN:        b.args.LogKeyARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create log group of flow log: %w", err)
	}
	role, err := b.makeFlowLogRole(group.Arn)
	if err != nil {
		return err
	}
	_, err = ec2.NewFlowLog(b.ctx, b.name+"-flow", &ec2.FlowLogArgs{
		VpcId:              b.vpc.ID().ToStringOutput().ToStringPtrOutput(),
		TrafficType:        pulumi.String("ALL"),
		LogDestinationType: pulumi.String("cloud-watch-logs"),
		LogDestination:     group.Arn,
		IamRoleArn:         role.Arn,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create flow log: %w", err)
	}
	return nil
}

// makeFlowLogRole makes the role by which the flow logs of this account write to that one log group.
func (b *builder) makeFlowLogRole(groupARN pulumi.StringOutput) (*iam.Role, error) {
	role, err := iam.NewRole(b.ctx, b.name+"-flow-log", &iam.RoleArgs{
		Description: pulumi.String("Writes the flow log of the network " + b.name),
		AssumeRolePolicy: policydoc.AssumeRole(policydoc.Conditions{
			"StringEquals": {"aws:SourceAccount": {b.vpc.OwnerId}},
		}, "vpc-flow-logs.amazonaws.com"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create role of flow log: %w", err)
	}
	_, err = iam.NewRolePolicy(b.ctx, b.name+"-flow-log", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policydoc.Document(policydoc.Statement{
			Actions: []string{
				"logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents",
			},
			// The group, and the streams in it.
			Resources: []pulumi.StringInput{groupARN, pulumi.Sprintf("%s:*", groupARN)},
		}),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create policy of flow log: %w", err)
	}
	return role, nil
}
