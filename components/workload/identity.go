package workload

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/podidentity"
	"github.com/genericcorp/platform/components/policydoc"
)

// makeIdentity makes the workload's service account and, where it has an identity, its role, what the role may do, and the way to the
// agent that gives the role's credentials.
func (b *builder) makeIdentity() error {
	if b.args.ServiceAccount != "" {
		return nil
	}
	account, err := corev1.NewServiceAccount(b.ctx, b.name, &corev1.ServiceAccountArgs{
		Metadata: b.metadata(b.name), AutomountServiceAccountToken: pulumi.Bool(false), // the pod says where it is wanted
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create service account: %w", err)
	}
	b.beforePods = []pulumi.Resource{account}
	if b.args.Identity == nil {
		return nil
	}
	made, err := podidentity.New(b.ctx, b.name, &podidentity.Args{
		Cluster: b.args.Identity.Cluster, Namespace: b.args.Namespace, ServiceAccount: b.name,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.beforePods = append(b.beforePods, made.Association)
	if statements := append(b.readSecrets(), b.args.Identity.Permissions...); len(statements) > 0 {
		policy, err := iam.NewRolePolicy(b.ctx, b.name, &iam.RolePolicyArgs{
			Role: made.Role.Name, Policy: policydoc.Document(statements...),
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("create permissions: %w", err)
		}
		b.beforePods = append(b.beforePods, policy)
	}
	return b.openIdentity()
}

// readSecrets lets the role read the secrets of the workload, and nothing beside them.
func (b *builder) readSecrets() []policydoc.Statement {
	if !b.args.hasSecrets() {
		return nil
	}
	region := b.args.Identity.Region
	var secrets, keys []pulumi.StringInput
	for _, secret := range b.args.Secrets {
		secrets, keys = append(secrets, secret.ARN), append(keys, secret.KeyARN)
	}
	for _, family := range b.args.Families {
		// Whoever serves all tenants reads the secrets of all, of which there are more every day.
		secrets = append(secrets, pulumi.String("arn:aws:secretsmanager:"+region+":"+family.AccountID+":secret:"+family.Prefix+"*"))
		keys = append(keys, family.KeyARN)
	}
	statements := ReadSecrets(region, secrets, keys)
	if len(b.args.Families) > 0 {
		// The action knows no resources, and tells names, not values.
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
		statements = append(statements, policydoc.Statement{
			Sid: "ListSecrets", Actions: []string{"secretsmanager:ListSecrets"}, Resources: []pulumi.StringInput{pulumi.String("*")},
		})
	}
	return statements
}

// ReadSecrets allows to read secrets by their ARNs, which are encrypted with these KMS keys.
func ReadSecrets(region string, secrets, keys []pulumi.StringInput) []policydoc.Statement {
	return []policydoc.Statement{
		{Sid: "ReadSecrets", Actions: []string{"secretsmanager:GetSecretValue"}, Resources: secrets},
		{
			Sid: "DecryptSecrets", Actions: []string{"kms:Decrypt"}, Resources: keys,
			Conditions: policydoc.Conditions{"StringEquals": {"kms:ViaService": {pulumi.String("secretsmanager." + region + ".amazonaws.com")}}},
		},
	}
}

// openIdentity lets the pods get the role's credentials, and use them.
func (b *builder) openIdentity() error {
	_, err := networkingv1.NewNetworkPolicy(b.ctx, b.name+"-identity", &networkingv1.NetworkPolicyArgs{
		Metadata: b.metadata(b.name + "-identity"),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: selector(b.name),
			PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
			Egress:      ToIdentity(),
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("open the way to the role's credentials: %w", err)
	}
	return nil
}
