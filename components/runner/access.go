package runner

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/network/ports"
	"github.com/genericcorp/platform/components/policydoc"
)

// makeSecurityGroup makes the jobs' security group. They reach HTTPS anywhere, GitHub and AWS among it, and the cluster's API; nobody
// reaches them, and neither database nor cache knows them.
func (b *builder) makeSecurityGroup() error {
	group, err := ec2.NewSecurityGroup(b.ctx, b.name, &ec2.SecurityGroupArgs{
		VpcId:       b.args.VpcID.ToStringOutput().ToStringPtrOutput(),
		Description: pulumi.String("Jobs of GitHub Actions inside the VPC"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create security group: %w", err)
	}
	b.parent.SecurityGroupID = group.ID().ToStringOutput()
	_, err = vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-to-internet", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: b.parent.SecurityGroupID,
		Description:     pulumi.String("HTTPS to GitHub, AWS and the cluster's API"),
		IpProtocol:      pulumi.String("tcp"), FromPort: pulumi.Int(ports.HTTPS), ToPort: pulumi.Int(ports.HTTPS),
		CidrIpv4: pulumi.String("0.0.0.0/0"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("let jobs reach GitHub and AWS: %w", err)
	}
	_, err = vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-to-api", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           b.args.APISecurityGroupID.ToStringOutput(),
		ReferencedSecurityGroupId: b.parent.SecurityGroupID.ToStringPtrOutput(),
		Description:               pulumi.String("Kubernetes API from jobs of GitHub Actions"),
		IpProtocol:                pulumi.String("tcp"), FromPort: pulumi.Int(ports.HTTPS), ToPort: pulumi.Int(ports.HTTPS),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("let jobs reach the cluster's API: %w", err)
	}
	return nil
}

// makeRole makes the role of the containers. The programs of a job can take it, too, so that it opens nothing.
func (b *builder) makeRole(logGroup pulumi.StringInput) (*iam.Role, *iam.RolePolicy, error) {
	project := pulumi.String(fmt.Sprintf("arn:aws:codebuild:%s:%s:project/%s", b.args.Region, b.args.AccountID, b.physical()))
	role, err := iam.NewRole(b.ctx, b.name, &iam.RoleArgs{
		Description:      pulumi.String("Containers of " + b.physical()),
		AssumeRolePolicy: policydoc.AssumeRole(policydoc.Conditions{"StringEquals": {"aws:SourceArn": {project}}}, "codebuild.amazonaws.com"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, nil, fmt.Errorf("create role: %w", err)
	}
	permissions, err := iam.NewRolePolicy(b.ctx, b.name, &iam.RolePolicyArgs{Role: role.Name, Policy: policydoc.Document(b.permissions(logGroup)...)},
		pulumi.Parent(b.parent))
	if err != nil {
		return nil, nil, fmt.Errorf("create permissions: %w", err)
	}
	return role, permissions, nil
}

// permissions are those of the AWS CodeBuild User Guide, "Allow CodeBuild access to AWS services required to create a VPC network
// interface" and "Using identity-based policies for AWS CodeBuild", 2026-11, without reports, artifacts and the creation of log groups.
func (b *builder) permissions(logGroup pulumi.StringInput) []policydoc.Statement {
	return []policydoc.Statement{
		{
			Sid: "Log", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resources: []pulumi.StringInput{pulumi.Sprintf("%s:*", logGroup)}, // its streams
		},
		{
			// Interfaces have no ARN before they exist, and the Describe calls know no resource.
			Sid: "JoinNetwork",
			Actions: []string{
				"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
				"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
			},
			Resources: []pulumi.StringInput{pulumi.String("*")},
		},
		{
			Sid: "GiveTheInterfaceToCodeBuild", Actions: []string{"ec2:CreateNetworkInterfacePermission"},
			Resources:  []pulumi.StringInput{pulumi.String(fmt.Sprintf("arn:aws:ec2:%s:%s:network-interface/*", b.args.Region, b.args.AccountID))}, // it has no name yet
			Conditions: policydoc.Conditions{"StringEquals": {"ec2:AuthorizedService": {pulumi.String("codebuild.amazonaws.com")}}},
		},
		{
			Sid: "AskGitHubForJobs", Actions: []string{"codeconnections:GetConnection", "codeconnections:GetConnectionToken"},
			Resources: []pulumi.StringInput{pulumi.String(b.args.ConnectionARN)},
		},
	}
}
