package cluster

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// dnsPort is where cluster DNS listens.
const dnsPort = 53

// makeNetworkPolicies closes a namespace: its pods may only ask cluster DNS, and nobody may call them. Whoever
// deploys a workload opens what it needs with a policy beside it.
func (b *baselineBuilder) makeNetworkPolicies(namespace string, opts ...pulumi.ResourceOption) error {
	everyPod := &metav1.LabelSelectorArgs{}
	_, err := networkingv1.NewNetworkPolicy(b.ctx, b.name+"-"+namespace+"-deny", &networkingv1.NetworkPolicyArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String("default-deny"), Namespace: pulumi.String(namespace)},
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: everyPod,
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
		},
	}, opts...)
	if err != nil {
		return err
	}
	_, err = networkingv1.NewNetworkPolicy(b.ctx, b.name+"-"+namespace+"-dns", &networkingv1.NetworkPolicyArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String("allow-dns"), Namespace: pulumi.String(namespace)},
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: everyPod,
			PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
			Egress: networkingv1.NetworkPolicyEgressRuleArray{&networkingv1.NetworkPolicyEgressRuleArgs{
				To: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{
					NamespaceSelector: &metav1.LabelSelectorArgs{
						MatchLabels: pulumi.StringMap{"kubernetes.io/metadata.name": pulumi.String(systemNamespace)},
					},
					PodSelector: &metav1.LabelSelectorArgs{
						MatchLabels: pulumi.StringMap{"k8s-app": pulumi.String("kube-dns")},
					},
				}},
				Ports: networkingv1.NetworkPolicyPortArray{
					&networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String("UDP"), Port: pulumi.Int(dnsPort)},
					&networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String("TCP"), Port: pulumi.Int(dnsPort)},
				},
			}},
		},
	}, opts...)
	return err
}
