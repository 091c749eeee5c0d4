// Package namespace makes a namespace of the cluster that is closed until somebody opens it: its pods are confined, may ask cluster DNS
// and nobody else, are called by nobody, and share a quota.
package namespace

import (
	"fmt"
	"maps"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args says what a namespace is.
type Args struct {
	Name   string            // in the cluster
	Labels map[string]string // beside those that confine its pods
	Quota  pulumi.StringMap  // what all pods ask for together, and how many objects there may be, in Kubernetes' terms
	Limits Limits
}

// Limits are those of one container, in Kubernetes' terms.
type Limits struct {
	DefaultRequest pulumi.StringMap // of one that asks for nothing
	Default        pulumi.StringMap // the limit of one that names none
	Max            pulumi.StringMap // nil: what the quota leaves
}

// restricted makes the API server refuse pods that are not hardened: no root, no privileges, no host access.
var restricted = map[string]string{
	"pod-security.kubernetes.io/enforce":         "restricted",
	"pod-security.kubernetes.io/enforce-version": "latest",
	"pod-security.kubernetes.io/audit":           "restricted",
	"pod-security.kubernetes.io/warn":            "restricted",
}

// builder carries what the parts of a namespace share while they are made.
type builder struct {
	ctx  *pulumi.Context
	name string
	args *Args
	opts []pulumi.ResourceOption // of what is within

	parts []pulumi.Resource
}

// Closed is a namespace that is closed.
type Closed struct {
	*corev1.Namespace

	Parts []pulumi.Resource // the namespace and what closes it, after which pods come
}

// New makes the namespace and closes it. What is put into it must come after it.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Closed, error) {
	labels := maps.Clone(restricted)
	maps.Copy(labels, args.Labels)
	made, err := corev1.NewNamespace(ctx, name, &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(args.Name), Labels: pulumi.ToStringMap(labels)},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("create namespace %s: %w", args.Name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, opts: append(opts, pulumi.DependsOn([]pulumi.Resource{made})), parts: []pulumi.Resource{made}}
	for _, step := range []func() error{b.deny, b.allowDNS, b.makeQuota, b.makeLimits} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("close namespace %s: %w", args.Name, err)
		}
	}
	return &Closed{Namespace: made, Parts: b.parts}, nil
}

// made notes a part of the namespace.
func (b *builder) made(part pulumi.Resource, err error) error {
	b.parts = append(b.parts, part)
	return err
}

func (b *builder) metadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{Name: pulumi.String(name), Namespace: pulumi.String(b.args.Name)}
}

func (b *builder) deny() error {
	return b.made(networkingv1.NewNetworkPolicy(b.ctx, b.name+"-deny", &networkingv1.NetworkPolicyArgs{
		Metadata: b.metadata("default-deny"),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{}, // every pod
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
		},
	}, b.opts...))
}

// dnsPort is where cluster DNS listens.
const dnsPort = 53

func (b *builder) allowDNS() error {
	return b.made(networkingv1.NewNetworkPolicy(b.ctx, b.name+"-dns", &networkingv1.NetworkPolicyArgs{
		Metadata: b.metadata("allow-dns"),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{},
			PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
			Egress: networkingv1.NetworkPolicyEgressRuleArray{&networkingv1.NetworkPolicyEgressRuleArgs{
				To: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{
					NamespaceSelector: &metav1.LabelSelectorArgs{
						MatchLabels: pulumi.StringMap{"kubernetes.io/metadata.name": pulumi.String("kube-system")},
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
	}, b.opts...))
}

// makeQuota bounds the namespace as a whole.
func (b *builder) makeQuota() error {
	return b.made(corev1.NewResourceQuota(b.ctx, b.name+"-quota", &corev1.ResourceQuotaArgs{
		Metadata: b.metadata("quota"), Spec: &corev1.ResourceQuotaSpecArgs{Hard: b.args.Quota},
	}, b.opts...))
}

// makeLimits bounds its containers one by one.
func (b *builder) makeLimits() error {
	limits := &corev1.LimitRangeItemArgs{
		Type: pulumi.String("Container"), DefaultRequest: b.args.Limits.DefaultRequest, Default: b.args.Limits.Default,
	}
	if b.args.Limits.Max != nil {
		limits.Max = b.args.Limits.Max
	}
	return b.made(corev1.NewLimitRange(b.ctx, b.name+"-limits", &corev1.LimitRangeArgs{
		Metadata: b.metadata("limits"), Spec: &corev1.LimitRangeSpecArgs{Limits: corev1.LimitRangeItemArray{limits}},
	}, b.opts...))
}
