package temporal

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/podidentity"
	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/components/workload"
)

// makeIdentity makes the service account that the server and its jobs share. Its role reads the password, and nothing else.
func (b *builder) makeIdentity() error {
	account, err := corev1.NewServiceAccount(b.ctx, b.name, &corev1.ServiceAccountArgs{
		Metadata:                     &metav1.ObjectMetaArgs{Name: pulumi.String(Name), Namespace: pulumi.String(b.args.Namespace), Labels: labels(Name)},
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create service account: %w", err)
	}
	made, err := podidentity.New(b.ctx, b.name, &podidentity.Args{
		Cluster: b.args.Cluster, Namespace: b.args.Namespace, ServiceAccount: Name,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	policy, err := iam.NewRolePolicy(b.ctx, b.name, &iam.RolePolicyArgs{
		Role:   made.Role.Name,
		Policy: policydoc.Document(workload.ReadSecrets(b.args.Region, []pulumi.StringInput{b.secret}, []pulumi.StringInput{b.args.SecretsKeyARN})...),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create permissions: %w", err)
	}
	b.before = append(b.before, account, made.Association, policy)
	return b.openIdentity()
}

// openIdentity lets those that read the password get the role's credentials, and use them.
func (b *builder) openIdentity() error {
	for _, who := range []string{Name, schemaJob} {
		policy, err := networkingv1.NewNetworkPolicy(b.ctx, b.name+"-identity-"+who, &networkingv1.NetworkPolicyArgs{
			Metadata: &metav1.ObjectMetaArgs{
				Name: pulumi.String(who + "-identity"), Namespace: pulumi.String(b.args.Namespace), Labels: labels(who),
			},
			Spec: &networkingv1.NetworkPolicySpecArgs{
				PodSelector: &metav1.LabelSelectorArgs{MatchLabels: labels(who)}, PolicyTypes: pulumi.ToStringArray([]string{"Egress"}), Egress: workload.ToIdentity(),
			},
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("open the way to the role's credentials: %w", err)
		}
		b.before = append(b.before, policy)
	}
	return nil
}

func labels(who string) pulumi.StringMap {
	return pulumi.StringMap{workload.LabelName: pulumi.String(who)}
}
