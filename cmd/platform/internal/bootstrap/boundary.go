package bootstrap

import (
	"context"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/genericcorp/platform/components/permissionsboundary"
)

// boundaryPolicy is the most that any role of the program may. It gives nothing: a role may what both its own policies,
// which name their actions, and this one allow, so wildcards here take in what AWS adds to its own policies of EKS.
// What is not in it: instances, databases, caches and clusters, roles and users, and the state. Volumes, snapshots and load
// balancers are: the add-ons of the cluster make them.
func (a *account) boundaryPolicy() string {
	statements := []statement{
		{
			Sid: "Parts", Effect: allow, Resource: []string{"*"}, // the roles' own policies name the resources
			Action: []string{
				"autoscaling:Describe*", "autoscaling:UpdateAutoScalingGroup",
				"ec2:*NetworkInterface*", "ec2:*PrivateIpAddresses", "ec2:*Ipv6Addresses", "ec2:*Route", "ec2:*SecurityGroup*", "ec2:*Snapshot*", "ec2:*Tags", "ec2:*Volume*", "ec2:Describe*",
				"ec2:ModifyInstanceAttribute", "ec2:GetSecurityGroupsForVpc",
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:Describe*", "ecr:Get*", "ecr:List*",
				"eks:DescribeCluster", "eks-auth:AssumeRoleForPodIdentity", "elasticloadbalancing:*",
				"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*",
				"logs:CreateLogGroup", "logs:CreateLogStream", "logs:Describe*", "logs:GetLogEvents", "logs:PutLogEvents", "logs:PutRetentionPolicy",
				"s3:AbortMultipartUpload", "s3:GetObject*", "s3:ListBucket*", "s3:ListMultipartUploadParts", "s3:PutObject*",
				"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage",
			},
		},
		{
			// The budget's own role moves the breaker's policy, and no other, on and off.
			Sid: "Breaker", Effect: allow, Action: []string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, Resource: []string{a.arn("iam", "", "role/*")},
			Condition: condition{"ArnLike": {"iam:PolicyARN": {a.arn("iam", "", "policy/"+breakerPolicy+"*")}}},
		},
		{Sid: "ServicesOwnRoles", Effect: allow, Action: []string{"iam:CreateServiceLinkedRole"}, Resource: []string{a.arn("iam", "", "role/aws-service-role/*")}}, // AWS names them
		{Sid: "NotTheState", Effect: deny, Action: []string{"s3:*"}, Resource: []string{"arn:aws:s3:::" + a.Bucket(), "arn:aws:s3:::" + a.Bucket() + "/*"}},
		{Sid: "NotItsKeys", Effect: deny, Action: []string{"kms:*"}, Resource: []string{a.arn("kms", a.Region, "key/*")}, Condition: a.ofTheState()},
	}
	return policy(statements...)
}

// boundary wants the policy that bounds the program's roles.
func (a *account) boundary() []desired {
	document, arn := a.boundaryPolicy(), aws.String(permissionsboundary.ARN(a.Account))
	return []desired{{
		resource: "policy " + permissionsboundary.PolicyName, aspect: "document", want: document, same: sameDocument,
		read: func(ctx context.Context) (string, error) {
			found, err := a.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
			if err != nil {
				return "", absent(err, "NoSuchEntity")
			}
			out, err := a.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: found.Policy.DefaultVersionId})
			if err != nil {
				return "", err
			}
			return url.QueryUnescape(aws.ToString(out.PolicyVersion.Document))
		},
		write: func(ctx context.Context) error {
			_, err := a.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{
				PolicyName: aws.String(permissionsboundary.PolicyName), PolicyDocument: aws.String(document),
				Description: aws.String("The most that the roles of the platform's parts may"),
			})
			if !isCode(err, "EntityAlreadyExists") {
				return err
			}
			return a.replacePolicy(ctx, arn, document)
		},
	}}
}

// keptVersions is how many versions of a policy AWS keeps.
const keptVersions = 5

// replacePolicy makes the document the policy's default version, in place of its oldest one when there is no room.
func (a *account) replacePolicy(ctx context.Context, arn *string, document string) error {
	out, err := a.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return err
	}
	old := slices.DeleteFunc(out.Versions, func(v types.PolicyVersion) bool { return v.IsDefaultVersion })
	if len(old) >= keptVersions-1 {
		oldest := slices.MinFunc(old, func(x, y types.PolicyVersion) int { return aws.ToTime(x.CreateDate).Compare(aws.ToTime(y.CreateDate)) })
		if _, err := a.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: oldest.VersionId}); err != nil {
			return err
		}
	}
	_, err = a.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(document), SetAsDefault: true})
	return err
}
