package provisioner

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// makeRole makes the function's role. It gives the role's ARN and what must stand before the function is made.
func (b *builder) makeRole(logGroup pulumi.StringOutput) (arn pulumi.StringOutput, rights []pulumi.Resource, err error) {
	role, err := iam.NewRole(b.ctx, b.name, &iam.RoleArgs{
		Description:      pulumi.String("The provisioner of tenants"),
		AssumeRolePolicy: policydoc.AssumeRole(nil, "lambda.amazonaws.com"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return arn, nil, fmt.Errorf("create role: %w", err)
	}
	policy, err := iam.NewRolePolicy(b.ctx, b.name, &iam.RolePolicyArgs{
		Role: role.Name, Policy: policydoc.Document(b.rights(logGroup)...),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return arn, nil, fmt.Errorf("create rights: %w", err)
	}
	return role.Arn, []pulumi.Resource{policy}, nil
}

// interfaces are what Lambda does in the role's name to put the function into the network.
var interfaces = []string{
	"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
	"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
}

// rights are exactly what the provisioner does.
func (b *builder) rights(logGroup pulumi.StringOutput) []policydoc.Statement {
	account := b.args.Region + ":" + b.args.AccountID
	tenants := pulumi.String("arn:aws:secretsmanager:" + account + ":secret:" + slug.SecretName(b.args.Environment, "*"))
	archives := "archives/" + b.args.Environment + "/*"
	bucket := pulumi.Sprintf("arn:aws:s3:::%s", b.parent.ArchiveBucket)
	function := pulumi.String("arn:aws:lambda:" + account + ":function:" + FunctionName(b.args.Environment, b.args.Region))
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
		{
			Sid: "ReadAdministrator", Actions: []string{"secretsmanager:GetSecretValue"},
			Resources: []pulumi.StringInput{b.args.MasterSecretARN},
		},
		{
			Sid: "KeepTenantsConnections",
			Actions: []string{
				"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
				"secretsmanager:UpdateSecretVersionStage",
			},
			Resources: []pulumi.StringInput{tenants},
		},
		{
			Sid: "KeepArchives", Actions: []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"},
			Resources: []pulumi.StringInput{pulumi.Sprintf("%s/%s", bucket, archives)},
		},
		{
			Sid: "ListArchives", Actions: []string{"s3:ListBucket"}, Resources: []pulumi.StringInput{bucket},
			Conditions: policydoc.Conditions{"StringLike": {"s3:prefix": {pulumi.String(archives)}}},
		},
		b.useKey("UseSecretsKey", b.args.SecretsKeyARN, "secretsmanager"),
		b.useKey("UseStorageKey", b.args.StorageKeyARN, "s3"),
	}
}

// useKey lets the function use a key through one service.
func (b *builder) useKey(sid string, key pulumi.StringInput, service string) policydoc.Statement {
	return policydoc.Statement{
		Sid: sid, Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []pulumi.StringInput{key},
		Conditions: policydoc.Conditions{"StringEquals": {"kms:ViaService": {pulumi.String(service + "." + b.args.Region + ".amazonaws.com")}}},
	}
}
