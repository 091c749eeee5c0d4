package function

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// makeRole makes the function's role. It gives the role's ARN and what must stand before the function is made.
func (a *Args) makeRole(ctx *pulumi.Context, name string, logGroup pulumi.StringInput, opts ...pulumi.ResourceOption) (
	arn pulumi.StringOutput, permissions pulumi.Resource, err error,
) {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		Description:      pulumi.String("The " + a.Title),
		AssumeRolePolicy: policydoc.AssumeRole(nil, "lambda.amazonaws.com"),
	}, opts...)
	if err != nil {
		return arn, nil, fmt.Errorf("create role: %w", err)
	}
	policy, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{
		Role: role.Name, Policy: policydoc.Document(append(a.basics(logGroup), a.Permissions...)...),
	}, opts...)
	if err != nil {
		return arn, nil, fmt.Errorf("create permissions: %w", err)
	}
	return role.Arn, policy, nil
}

// interfaces are what Lambda does in the role's name to put the function into the network.
var interfaces = []string{
	"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
	"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
}

// basics are what the function of every service needs.
func (a *Args) basics(logGroup pulumi.StringInput) []policydoc.Statement {
	function := pulumi.String("arn:aws:lambda:" + a.Region + ":" + a.AccountID + ":function:" + Name(a.Environment, a.Region, a.Service))
	return []policydoc.Statement{
		{
			Sid: "Log", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resources: []pulumi.StringInput{pulumi.Sprintf("%s:*", logGroup)}, // its streams
		},
		{
			// Interfaces have no ARN before they exist, and the Describe calls know no resource.
			Sid: "JoinNetwork", Actions: interfaces, Resources: []pulumi.StringInput{pulumi.String("*")},
		},
		{
			// That is for Lambda alone: the function's own program must not touch interfaces.
			Sid: "NotFromTheProgram", Effect: policydoc.Deny, Actions: interfaces, Resources: []pulumi.StringInput{pulumi.String("*")},
			Conditions: policydoc.Conditions{"ArnEquals": {"lambda:SourceFunctionArn": {function}}},
		},
	}
}
