package collector

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/namespace"
	"github.com/genericcorp/platform/components/podidentity"
	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/collector/api"
)

// Namespace is where the collectors are, and nothing else: it is the one whose pods may read the files of their node.
const Namespace = "platform-collector"

// MostPrograms is how many programs may have metrics of their own.
const MostPrograms = api.MostPrograms

// podsName is the name of the objects in the cluster.
const podsName = "collector"

// PodsArgs says what the collectors send, and how much of it.
type PodsArgs struct {
	Environment, Cluster, Region, Account string

	Image                 string   // by digest
	NodeKiBPerMinute      int      // of what a node's containers log, on average
	ContainerKiBPerMinute int      // of one container
	Programs              []string // with metrics of their own
}

// Pods are the collectors.
type Pods struct{ pulumi.ResourceState }

// Check records what is wrong with the choices that nothing else decides, by the inputs' names.
func (a *PodsArgs) Check(p *check.Problems) {
	p.Between("nodeKiBPerMinute", a.NodeKiBPerMinute, 1, 10_240)
	p.Require(a.ContainerKiBPerMinute >= 1 && a.ContainerKiBPerMinute <= a.NodeKiBPerMinute, "containerKiBPerMinute", a.ContainerKiBPerMinute, "1 to nodeKiBPerMinute")
}

func (a *PodsArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("collector pods %q: ", name))
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	awsvalue.Region.Check(p, "region", a.Region)
	awsvalue.AccountID.Check(p, "account", a.Account)
	awsvalue.ImageDigest.Check(p, "image", a.Image)
	p.Require(a.Cluster != "", "cluster", a.Cluster, "the name of the cluster in AWS")
	p.Require(len(a.Programs) <= api.MostPrograms, "programs", len(a.Programs), fmt.Sprintf("%d or fewer: each has metrics that are paid for", api.MostPrograms))
	a.Check(p)
	return p.Err()
}

type podsBuilder struct {
	ctx    *pulumi.Context
	name   string
	args   PodsArgs
	parent pulumi.ResourceOption

	before []pulumi.Resource // of the pods
}

// NewPods makes a namespace, and in it a collector on each node. Its Kubernetes provider comes through the options. All problems of args
// are reported at once.
func NewPods(ctx *pulumi.Context, name string, args *PodsArgs, opts ...pulumi.ResourceOption) (*Pods, error) {
	if args == nil {
		args = &PodsArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	made := &Pods{}
	err := ctx.RegisterComponentResourceV2("genericcorp:collector:Pods", name, pulumi.Map{
		"environment": pulumi.String(args.Environment), "image": pulumi.String(args.Image), "programs": pulumi.ToStringArray(args.Programs),
		"nodeKiBPerMinute": pulumi.Int(args.NodeKiBPerMinute), "containerKiBPerMinute": pulumi.Int(args.ContainerKiBPerMinute),
	}, made, append(opts, tagging.Component("collector"))...)
	if err != nil {
		return nil, fmt.Errorf("register collector pods %q: %w", name, err)
	}
	b := &podsBuilder{ctx: ctx, name: name, args: *args, parent: pulumi.Parent(made)}
	for _, step := range []func() error{b.makeNamespace, b.makeAccount, b.makeKubeletRights, b.open, b.makeDaemonSet} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("collector pods %q: %w", name, err)
		}
	}
	return made, ctx.RegisterResourceOutputs(made, pulumi.Map{})
}

// makeNamespace makes the namespace. Its pods need a folder of the node, which no profile of Kubernetes but "privileged" lets them have;
// the policy pack refuses all that the profile "restricted" would, but for that folder.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/
func (b *podsBuilder) makeNamespace() error {
	made, err := namespace.New(b.ctx, b.name, &namespace.Args{
		Name: Namespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "privileged"},
		Quota:  pulumi.StringMap{"pods": pulumi.String("100"), "services": pulumi.String("0"), "persistentvolumeclaims": pulumi.String("0")},
		Limits: namespace.Limits{DefaultRequest: pulumi.StringMap{"memory": pulumi.String("64Mi")}, Default: pulumi.StringMap{"memory": pulumi.String("150Mi")}},
	}, b.parent)
	if err != nil {
		return err
	}
	b.before = append(b.before, made.Parts...)
	return nil
}

// makeAccount makes who the collectors are: in the cluster, and in AWS, where they write to both log groups and do nothing else.
func (b *podsBuilder) makeAccount() error {
	account, err := corev1.NewServiceAccount(b.ctx, b.name, &corev1.ServiceAccountArgs{
		Metadata: b.metadata(podsName), AutomountServiceAccountToken: pulumi.Bool(false),
	}, b.parent, pulumi.DependsOn(b.before))
	if err != nil {
		return fmt.Errorf("create service account: %w", err)
	}
	identity, err := podidentity.New(b.ctx, b.name, &podidentity.Args{Cluster: b.args.Cluster, Namespace: Namespace, ServiceAccount: podsName}, b.parent)
	if err != nil {
		return err
	}
	// The stars stand for the groups' streams, which are named by the nodes.
	streams := func(group string) pulumi.StringInput {
		return pulumi.String("arn:aws:logs:" + b.args.Region + ":" + b.args.Account + ":log-group:" + group + ":*")
	}
	policy, err := iam.NewRolePolicy(b.ctx, b.name, &iam.RolePolicyArgs{Role: identity.Role.Name, Policy: policydoc.Document(policydoc.Statement{
		Sid: "WriteLines", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: []pulumi.StringInput{streams(api.LogsGroup(b.args.Environment)), streams(api.StatsGroup(b.args.Environment))},
	})}, b.parent)
	if err != nil {
		return fmt.Errorf("create permissions: %w", err)
	}
	b.before = append(b.before, account, identity.Association, policy)
	return nil
}

// makeKubeletRights lets the collectors ask kubelets what pods there are and what they use. It is neither logs nor exec, which the older
// right nodes/proxy would bring. https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#fine-grained-authorization
func (b *podsBuilder) makeKubeletRights() error {
	const group, name = "rbac.authorization.k8s.io", "platform-collector"
	role, err := rbacv1.NewClusterRole(b.ctx, b.name, &rbacv1.ClusterRoleArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(name)},
		Rules: rbacv1.PolicyRuleArray{&rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{""}), Resources: pulumi.ToStringArray([]string{"nodes/stats", "nodes/pods"}), Verbs: pulumi.ToStringArray([]string{"get"}),
		}},
	}, b.parent)
	if err != nil {
		return fmt.Errorf("create cluster role: %w", err)
	}
	binding, err := rbacv1.NewClusterRoleBinding(b.ctx, b.name, &rbacv1.ClusterRoleBindingArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(name)},
		RoleRef:  &rbacv1.RoleRefArgs{ApiGroup: pulumi.String(group), Kind: pulumi.String("ClusterRole"), Name: pulumi.String(name)},
		Subjects: rbacv1.SubjectArray{&rbacv1.SubjectArgs{Kind: pulumi.String("ServiceAccount"), Namespace: pulumi.String(Namespace), Name: pulumi.String(podsName)}},
	}, b.parent, pulumi.DependsOn([]pulumi.Resource{role}))
	if err != nil {
		return fmt.Errorf("bind cluster role: %w", err)
	}
	b.before = append(b.before, binding)
	return nil
}

// kubeletPort is where kubelets serve.
const kubeletPort = 10250

// open lets the collectors out to the agent of their identity, to AWS, and to kubelets, whose addresses are those of nodes.
func (b *podsBuilder) open() error {
	made, err := networkingv1.NewNetworkPolicy(b.ctx, b.name+"-calls", &networkingv1.NetworkPolicyArgs{
		Metadata: b.metadata(podsName),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{MatchLabels: labels()}, PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
			Egress: append(workload.ToIdentity(), workload.Egress(workload.Peer{CIDRs: awsvalue.PrivateRanges()}, kubeletPort)),
		},
	}, b.parent, pulumi.DependsOn(b.before))
	if err != nil {
		return fmt.Errorf("open the collectors' ways: %w", err)
	}
	b.before = append(b.before, made)
	return nil
}

func labels() pulumi.StringMap {
	return pulumi.StringMap{workload.LabelName: pulumi.String(podsName), workload.LabelManagedBy: pulumi.String(workload.ManagedBy)}
}

func (b *podsBuilder) metadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{Name: pulumi.String(name), Namespace: pulumi.String(Namespace), Labels: labels()}
}

// config is the file that the collectors read. Another one makes other pods.
func (b *podsBuilder) config() (text, name string) {
	const bytes = 1024
	text = api.Settings{
		Environment: b.args.Environment, Cluster: b.args.Cluster, Region: b.args.Region, Programs: b.args.Programs,
		NodeBytesPerMinute: b.args.NodeKiBPerMinute * bytes, ContainerBytesPerMinute: b.args.ContainerKiBPerMinute * bytes,
	}.Config()
	sum := sha256.Sum256([]byte(text))
	return text, podsName + "-" + hex.EncodeToString(sum[:])[:10]
}
