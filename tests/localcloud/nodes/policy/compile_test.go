package policy

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/localcloud/nodes/fabric"
)

const here = "node-1"

func pod(namespace, name, address string, labels map[string]string, ports ...core.ContainerPort) *core.Pod {
	return &core.Pod{
		ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: name, Labels: labels},
		Spec:       core.PodSpec{NodeName: here, Containers: []core.Container{{Ports: ports}}},
		Status:     core.PodStatus{PodIP: address, Phase: core.PodRunning},
	}
}

func namespace(name string, labels map[string]string) *core.Namespace {
	return &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: name, Labels: labels}}
}

// cluster has two pods of x, one of y, and one of each kind that has no address of its own.
func cluster(policies ...*networking.NetworkPolicy) Cluster {
	onHost := pod("x", "host", "10.0.0.2", map[string]string{"app": "b"})
	onHost.Spec.HostNetwork = true
	over := pod("x", "over", "10.0.0.9", map[string]string{"app": "b"})
	over.Status.Phase = core.PodSucceeded
	elsewhere := pod("y", "c", "10.0.1.3", map[string]string{"app": "c"}, core.ContainerPort{Name: "web", ContainerPort: 9090})
	elsewhere.Spec.NodeName = "node-2"
	return Cluster{
		Pods: []*core.Pod{
			pod("x", "a", "10.0.0.3", map[string]string{"app": "a"}, core.ContainerPort{Name: "web", ContainerPort: 8080}),
			pod("x", "b", "10.0.0.4", map[string]string{"app": "b"}), onHost, over, elsewhere, pod("x", "new", "", map[string]string{"app": "b"}),
		},
		Namespaces: []*core.Namespace{namespace("x", map[string]string{"ns": "x"}), namespace("y", map[string]string{"ns": "y"})},
		Policies:   policies,
	}
}

func of(app string, types []networking.PolicyType, ingress []networking.NetworkPolicyIngressRule, egress []networking.NetworkPolicyEgressRule) *networking.NetworkPolicy {
	policy := &networking.NetworkPolicy{ObjectMeta: meta.ObjectMeta{Namespace: "x"}}
	if app != "" {
		policy.Spec.PodSelector = meta.LabelSelector{MatchLabels: map[string]string{"app": app}}
	}
	policy.Spec.PolicyTypes, policy.Spec.Ingress, policy.Spec.Egress = types, ingress, egress
	return policy
}

func selector(key, value string) *meta.LabelSelector {
	return &meta.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func port(protocol core.Protocol, number intstr.IntOrString, end *int32) networking.NetworkPolicyPort {
	return networking.NetworkPolicyPort{Protocol: &protocol, Port: &number, EndPort: end}
}

func TestWhatIsAllowed(t *testing.T) {
	t.Parallel()
	from := func(peers ...networking.NetworkPolicyPeer) []networking.NetworkPolicyIngressRule {
		return []networking.NetworkPolicyIngressRule{{From: peers}}
	}
	to := func(ports []networking.NetworkPolicyPort, peers ...networking.NetworkPolicyPeer) []networking.NetworkPolicyEgressRule {
		return []networking.NetworkPolicyEgressRule{{To: peers, Ports: ports}}
	}
	end := int32(90)
	for name, c := range map[string]struct {
		policy          *networking.NetworkPolicy
		ingress, egress []string // of pod a; nil: it is not isolated
	}{
		"default deny":        {of("", []networking.PolicyType{"Ingress", "Egress"}, nil, nil), []string{}, []string{}},
		"deny in alone":       {of("", nil, nil, nil), []string{}, nil},
		"deny out alone":      {of("a", []networking.PolicyType{"Egress"}, nil, nil), nil, []string{}},
		"out by its rules":    {of("a", nil, nil, []networking.NetworkPolicyEgressRule{{}}), []string{}, []string{""}},
		"another pod's":       {of("b", nil, nil, nil), nil, nil},
		"everybody":           {of("a", nil, []networking.NetworkPolicyIngressRule{{}}, nil), []string{""}, nil},
		"pods of its own":     {of("a", nil, from(networking.NetworkPolicyPeer{PodSelector: selector("app", "b")}), nil), []string{"ip saddr { 10.0.0.4 } "}, nil},
		"nobody there":        {of("a", nil, from(networking.NetworkPolicyPeer{PodSelector: selector("app", "none")}), nil), []string{}, nil},
		"another namespace":   {of("a", nil, from(networking.NetworkPolicyPeer{NamespaceSelector: selector("ns", "y")}), nil), []string{"ip saddr { 10.0.1.3 } "}, nil},
		"every namespace":     {of("a", nil, from(networking.NetworkPolicyPeer{NamespaceSelector: &meta.LabelSelector{}}), nil), []string{"ip saddr { 10.0.0.3, 10.0.0.4, 10.0.1.3 } "}, nil},
		"both selectors":      {of("a", nil, from(networking.NetworkPolicyPeer{NamespaceSelector: selector("ns", "y"), PodSelector: selector("app", "a")}), nil), []string{}, nil},
		"two peers":           {of("a", nil, from(networking.NetworkPolicyPeer{NamespaceSelector: selector("ns", "y")}, networking.NetworkPolicyPeer{PodSelector: selector("app", "b")}), nil), []string{"ip saddr { 10.0.0.4 } ", "ip saddr { 10.0.1.3 } "}, nil},
		"a range":             {of("a", nil, from(networking.NetworkPolicyPeer{IPBlock: &networking.IPBlock{CIDR: "10.0.0.0/8", Except: []string{"10.1.2.0/24", "10.1.0.0/16"}}}), nil), []string{"ip saddr 10.0.0.0/8 ip saddr != { 10.1.0.0/16 } "}, nil},
		"a range of IPv6":     {of("a", nil, from(networking.NetworkPolicyPeer{IPBlock: &networking.IPBlock{CIDR: "2001:db8::/32"}}), nil), []string{}, nil},
		"ports":               {of("a", []networking.PolicyType{"Egress"}, nil, to([]networking.NetworkPolicyPort{port("TCP", intstr.FromInt32(80), &end), port("UDP", intstr.FromInt32(53), nil)})), nil, []string{"tcp dport 80-90 ", "udp dport 53 "}},
		"a protocol":          {of("a", []networking.PolicyType{"Egress"}, nil, to([]networking.NetworkPolicyPort{{}})), nil, []string{"meta l4proto tcp "}},
		"a name, of receiver": {of("a", []networking.PolicyType{"Egress"}, nil, to([]networking.NetworkPolicyPort{port("TCP", intstr.FromString("web"), nil)}, networking.NetworkPolicyPeer{NamespaceSelector: &meta.LabelSelector{}})), nil, []string{"ip daddr { 10.0.0.3 } tcp dport 8080 ", "ip daddr { 10.0.1.3 } tcp dport 9090 "}},
		"a name, of its own":  {of("a", nil, []networking.NetworkPolicyIngressRule{{Ports: []networking.NetworkPolicyPort{port("TCP", intstr.FromString("web"), nil)}}}, nil), []string{"tcp dport 8080 "}, nil},
		"a name of nothing":   {of("a", nil, []networking.NetworkPolicyIngressRule{{Ports: []networking.NetworkPolicyPort{port("UDP", intstr.FromString("web"), nil)}}}, nil), []string{}, nil},
	} {
		all := cluster(c.policy)
		for d, want := range map[direction][]string{ingress: c.ingress, egress: c.egress} {
			selecting := all.selecting(all.Pods[0], d)
			if want == nil {
				assert.Empty(t, selecting, name)
				continue
			}
			assert.Len(t, selecting, 1, name)
			assert.ElementsMatch(t, want, all.allowed(all.Pods[0], selecting, d), name)
		}
	}
}

// A node has the rules of its own pods alone, and looks at no packet of a pod that nothing selects.
func TestRulesOfANode(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `table ip pods
delete table ip pods
table ip pods {
  chain ingress-10-0-0-3 {
    ip saddr 10.0.0.3 return
    ip saddr { 10.0.0.4 } tcp dport 80 return
    drop
  }
  chain ingress {
    ip daddr vmap { 10.0.0.3 : jump ingress-10-0-0-3 }
  }
  chain egress {
  }
  chain forward {
    type filter hook forward priority 0;
    ct state established,related accept
    jump egress
    jump ingress
  }
  chain input {
    type filter hook input priority 0;
    ct state established,related accept
    jump egress
  }
}
`, cluster(of("a", nil, []networking.NetworkPolicyIngressRule{{
		From:  []networking.NetworkPolicyPeer{{PodSelector: selector("app", "b")}},
		Ports: []networking.NetworkPolicyPort{port("TCP", intstr.FromInt32(80), nil)},
	}}, nil)).Rules(here))
	assert.NotContains(t, cluster(of("", nil, nil, nil)).Rules("node-2"), "drop", "its only pod is of another namespace")
}

// What is written is what nft reads. It is loaded into a network namespace of its own.
func TestNftReadsTheRules(t *testing.T) {
	nft, err := exec.LookPath("nft")
	if err != nil {
		required.OfRoot(t, fmt.Sprintf("nft is not installed: %v: apt-get install nftables", err))
	}
	namespace, err := fabric.NewNamespace()
	if err != nil {
		required.OfRoot(t, fmt.Sprintf("this machine makes no networks for this user: %v", err))
	}
	t.Cleanup(func() { _ = namespace.Close() })
	end := int32(90)
	rules := cluster(of("", []networking.PolicyType{"Ingress", "Egress"}, []networking.NetworkPolicyIngressRule{{
		From: []networking.NetworkPolicyPeer{
			{NamespaceSelector: &meta.LabelSelector{}}, {IPBlock: &networking.IPBlock{CIDR: "10.0.0.0/8", Except: []string{"10.1.0.0/16", "10.2.0.0/16"}}},
		},
		Ports: []networking.NetworkPolicyPort{{}, port("UDP", intstr.FromInt32(53), nil), port("TCP", intstr.FromInt32(80), &end), port("SCTP", intstr.FromInt32(80), nil)},
	}}, []networking.NetworkPolicyEgressRule{{}})).Rules(here)
	for range 2 { // the second time it replaces them
		require.NoError(t, namespace.Do(func() error {
			command := exec.Command(nft, "-f", "-")
			command.Stdin = strings.NewReader(rules)
			out, err := command.CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s\n%s", err, out, rules)
			}
			return nil
		}))
	}
}
