package tenant

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// PodsRole is the logical name of the role of tenants' pods, with which its name in AWS begins: whoever makes tenants may hand this
// role to their pods, and no other.
const PodsRole = "tenants-pods"

// PodsArgs says where the tenants' pods are.
type PodsArgs struct {
	Environment   string
	Region        string
	AccountID     string             // twelve digits
	ClusterName   pulumi.StringInput // in AWS
	SecretsKeyARN pulumi.StringInput // encrypts the tenants' secrets
}

func (a *PodsArgs) validate() error {
	p := check.Under("pods of tenants: ")
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	awsvalue.Region.Check(p, "region", a.Region)
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	p.Require(a.ClusterName != nil, "clusterName", nil, "the name of the cluster in AWS")
	p.Require(a.SecretsKeyARN != nil, "secretsKeyArn", nil, "the ARN of a KMS key")
	return p.Err()
}

// Pods is the role that the pods of all tenants of an environment share.
type Pods struct {
	pulumi.ResourceState

	RoleARN pulumi.StringOutput
}

// NewPods makes the role. EKS Pod Identity tags a session with the pod's namespace, and the session reads the secret with the same tag
// and nothing else: one role does for all, so that whoever makes tenants makes no roles, of which an account has a thousand.
func NewPods(ctx *pulumi.Context, args *PodsArgs, opts ...pulumi.ResourceOption) (*Pods, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	p := &Pods{}
	err := ctx.RegisterComponentResourceV2("genericcorp:tenant:Pods", PodsRole, pulumi.Map{"environment": pulumi.String(args.Environment)}, p,
		append(opts, tagging.Component("tenant"))...)
	if err != nil {
		return nil, fmt.Errorf("register %s: %w", PodsRole, err)
	}
	role, err := iam.NewRole(ctx, PodsRole, &iam.RoleArgs{
		Description: pulumi.String("Pods of the tenants of " + args.Environment), AssumeRolePolicy: args.trust(),
	}, pulumi.Parent(p))
	if err != nil {
		return nil, fmt.Errorf("create role of tenants' pods: %w", err)
	}
	_, err = iam.NewRolePolicy(ctx, PodsRole, &iam.RolePolicyArgs{Role: role.Name, Policy: policydoc.Document(args.permissions()...)}, pulumi.Parent(p))
	if err != nil {
		return nil, fmt.Errorf("let tenants' pods read their secrets: %w", err)
	}
	p.RoleARN = role.Arn
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{"roleArn": p.RoleARN})
}

// trust takes the pods of the one service account that every tenant has, in the namespaces of tenants, of this cluster.
func (a *PodsArgs) trust() pulumi.StringOutput {
	return policydoc.Document(policydoc.Statement{
		Services: []string{"pods.eks.amazonaws.com"},
		Actions:  []string{"sts:AssumeRole", "sts:TagSession"},
		Conditions: policydoc.Conditions{
			"StringEquals": {
				"aws:RequestTag/eks-cluster-name":           {a.ClusterName},
				"aws:RequestTag/kubernetes-service-account": {pulumi.String(ServiceAccount)},
			},
			"StringLike": {"aws:RequestTag/" + tagging.KeyNamespace: {pulumi.String(slug.Namespace("*"))}},
		},
	})
}

// permissions compare the tag of the session with that of the secret
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html).
func (a *PodsArgs) permissions() []policydoc.Statement {
	secrets := fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s", a.Region, a.AccountID, slug.SecretName(a.Environment, "*")) // the condition says whose
	return []policydoc.Statement{
		{
			Sid: "ReadTheNamespacesSecret", Actions: []string{"secretsmanager:GetSecretValue"}, Resources: []pulumi.StringInput{pulumi.String(secrets)},
			Conditions: policydoc.Conditions{"StringEquals": {
				"aws:ResourceTag/" + tagging.KeyNamespace: {pulumi.String("${aws:PrincipalTag/" + tagging.KeyNamespace + "}")},
			}},
		},
		{
			Sid: "DecryptSecrets", Actions: []string{"kms:Decrypt"}, Resources: []pulumi.StringInput{a.SecretsKeyARN},
			Conditions: policydoc.Conditions{"StringEquals": {"kms:ViaService": {pulumi.String("secretsmanager." + a.Region + ".amazonaws.com")}}},
		},
	}
}
