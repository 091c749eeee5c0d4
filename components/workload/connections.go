package workload

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// Peer is one end of a connection: a workload, or networks outside the cluster, which are only called.
type Peer struct {
	Namespace, Workload string

	CIDRs  []string
	Except []string // parts of CIDRs that are not meant
}

// IdentityAgent is the agent of pod identity, on each node.
var IdentityAgent = Peer{CIDRs: []string{"169.254.170.23/32"}}

// AWS is everything on the internet, where AWS's services are: their addresses are too many and change too often for a list. Who may
// do what there, the role says.
var AWS = Peer{CIDRs: []string{"0.0.0.0/0"}, Except: append(awsvalue.PrivateRanges(), "169.254.0.0/16")}

// AWSPort is where AWS's services are called.
const AWSPort = 443

// Connection says that one peer may call another, on a port, by TCP.
type Connection struct {
	From, To Peer
	Port     int
}

// ConnectionsArgs lists who talks to whom. Whatever is not in the list is refused at both ends.
type ConnectionsArgs struct {
	Connections []Connection
}

// Connections is the list of who talks to whom.
type Connections struct{ pulumi.ResourceState }

// NewConnections makes a network policy for each workload of the list. One connection opens both ends: the callee lets the caller in,
// and the caller is let out.
func NewConnections(ctx *pulumi.Context, name string, args *ConnectionsArgs, opts ...pulumi.ResourceOption) (*Connections, error) {
	if args == nil {
		args = &ConnectionsArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	c := &Connections{}
	if err := ctx.RegisterComponentResourceV2("genericcorp:workload:Connections", name, args.inputs(), c, opts...); err != nil {
		return nil, fmt.Errorf("register connections %q: %w", name, err)
	}
	for _, peer := range args.workloads() {
		_, err := networkingv1.NewNetworkPolicy(ctx, name+"-"+peer.Namespace+"-"+peer.Workload, &networkingv1.NetworkPolicyArgs{
			Metadata: &metav1.ObjectMetaArgs{
				Name: pulumi.String(peer.Workload), Namespace: pulumi.String(peer.Namespace), Labels: labels(peer.Workload),
			},
			Spec: args.policy(peer),
		}, pulumi.Parent(c))
		if err != nil {
			return nil, fmt.Errorf("connections %q: open %s: %w", name, peer, err)
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

// String names a peer in messages.
func (p Peer) String() string {
	if p.outside() {
		return fmt.Sprint(p.CIDRs)
	}
	return p.Namespace + "/" + p.Workload
}

func (p Peer) outside() bool { return len(p.CIDRs) > 0 }

func (a *ConnectionsArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("connections %q: ", name))
	for i, c := range a.Connections {
		in := p.In(check.Item("connections", i))
		in.Require(!c.From.outside(), "from", c.From, "a workload: what comes from outside comes through one")
		c.From.check(in.In("from"))
		c.To.check(in.In("to"))
		in.Between("port", c.Port, 1, 65535)
	}
	return p.Err()
}

// maxRanges is far beyond what anyone would read.
const maxRanges = 50

func (p Peer) check(problems *check.Problems) {
	if !p.outside() {
		awsvalue.Name(1, 63).Check(problems, "namespace", p.Namespace)
		awsvalue.Name(1, maxName).Check(problems, "workload", p.Workload)
		return
	}
	problems.Require(p.Workload == "" && p.Namespace == "", "workload", p.Workload, "nothing beside cidrs")
	awsvalue.AddressRange.CheckList(problems, "cidrs", p.CIDRs, 1, maxRanges, "ranges")
	awsvalue.AddressRange.CheckList(problems, "except", p.Except, 0, maxRanges, "ranges")
}

func (a *ConnectionsArgs) inputs() pulumi.Map {
	list := pulumi.StringArray{}
	for _, c := range a.Connections {
		list = append(list, pulumi.String(fmt.Sprintf("%s -> %s:%d", c.From, c.To, c.Port)))
	}
	return pulumi.Map{"connections": list}
}

// workloads lists each workload once, in the order of its name.
func (a *ConnectionsArgs) workloads() []Peer {
	var peers []Peer
	for _, c := range a.Connections {
		for _, peer := range []Peer{c.From, c.To} {
			if !peer.outside() && !slices.ContainsFunc(peers, peer.is) {
				peers = append(peers, peer)
			}
		}
	}
	slices.SortFunc(peers, func(a, b Peer) int { return cmp.Compare(a.String(), b.String()) })
	return peers
}

func (p Peer) is(other Peer) bool { return p.String() == other.String() }

// policy opens a workload to its callers, and for its own calls.
func (a *ConnectionsArgs) policy(peer Peer) *networkingv1.NetworkPolicySpecArgs {
	in, out := networkingv1.NetworkPolicyIngressRuleArray{}, networkingv1.NetworkPolicyEgressRuleArray{}
	for _, c := range a.Connections {
		if c.To.is(peer) {
			in = append(in, &networkingv1.NetworkPolicyIngressRuleArgs{From: c.From.peers(), Ports: port(c.Port)})
		}
		if c.From.is(peer) {
			out = append(out, Egress(c.To, c.Port))
		}
	}
	return &networkingv1.NetworkPolicySpecArgs{
		PodSelector: selector(peer.Workload),
		PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
		Ingress:     in,
		Egress:      out,
	}
}

// ToIdentity lets pods out to the agent of pod identity on their node, and to AWS's services. A denial of all traffic holds for the
// agent's address, too (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html names it).
func ToIdentity() networkingv1.NetworkPolicyEgressRuleArray {
	return networkingv1.NetworkPolicyEgressRuleArray{Egress(IdentityAgent, 80), Egress(AWS, AWSPort)}
}

// Egress lets pods out to a peer, on a port.
func Egress(to Peer, number int) *networkingv1.NetworkPolicyEgressRuleArgs {
	return &networkingv1.NetworkPolicyEgressRuleArgs{To: to.peers(), Ports: port(number)}
}

// peers is the peer in Kubernetes' terms.
func (p Peer) peers() networkingv1.NetworkPolicyPeerArray {
	list := networkingv1.NetworkPolicyPeerArray{}
	for _, cidr := range p.CIDRs {
		block := &networkingv1.IPBlockArgs{Cidr: pulumi.String(cidr)}
		if len(p.Except) > 0 {
			block.Except = pulumi.ToStringArray(p.Except)
		}
		list = append(list, &networkingv1.NetworkPolicyPeerArgs{IpBlock: block})
	}
	if p.outside() {
		return list
	}
	return networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{
		NamespaceSelector: &metav1.LabelSelectorArgs{
			MatchLabels: pulumi.StringMap{"kubernetes.io/metadata.name": pulumi.String(p.Namespace)},
		},
		PodSelector: selector(p.Workload),
	}}
}

func port(number int) networkingv1.NetworkPolicyPortArray {
	return networkingv1.NetworkPolicyPortArray{&networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String("TCP"), Port: pulumi.Int(number)}}
}

// selector selects a workload's pods within their namespace.
func selector(workload string) *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{LabelName: pulumi.String(workload)}}
}

func labels(workload string) pulumi.StringMap {
	return pulumi.StringMap{LabelName: pulumi.String(workload), LabelManagedBy: pulumi.String(ManagedBy)}
}
