// Package policy enforces network policies: for each node it writes, of the policies, pods and namespaces there are, the rules by
// which the node lets packets from and to its pods pass. What a policy means is Kubernetes' own definition
// (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Cluster is what the rules are made of.
type Cluster struct {
	Pods       []*core.Pod
	Namespaces []*core.Namespace
	Policies   []*networking.NetworkPolicy
}

// direction is one of the two that a policy has rules for.
type direction struct {
	policyType networking.PolicyType
	chain      string // its name in nft
	own, peer  string // the fields of a packet: the pod's address, and the other's
}

var (
	ingress = direction{networking.PolicyTypeIngress, "ingress", "daddr", "saddr"}
	egress  = direction{networking.PolicyTypeEgress, "egress", "saddr", "daddr"}
)

// Rules are a node's, as nft reads them: they replace what was there. A packet of a pod that policies select passes when a rule of one
// of them lets it; replies pass always. What the node itself sends its pods, such as probes, is not looked at.
func (c Cluster) Rules(node string) string {
	var out strings.Builder
	out.WriteString("table ip pods\ndelete table ip pods\ntable ip pods {\n")
	for _, d := range []direction{ingress, egress} {
		var verdicts []string
		for _, pod := range c.Pods {
			if pod.Spec.NodeName != node || !hasAddress(pod) {
				continue
			}
			selecting := c.selecting(pod, d)
			if len(selecting) == 0 {
				continue
			}
			chain := d.chain + "-" + strings.ReplaceAll(pod.Status.PodIP, ".", "-")
			fmt.Fprintf(&out, "  chain %s {\n    ip %s %s return\n", chain, d.peer, pod.Status.PodIP) // nobody is kept from himself
			for _, line := range c.allowed(pod, selecting, d) {
				fmt.Fprintf(&out, "    %sreturn\n", line)
			}
			out.WriteString("    drop\n  }\n")
			verdicts = append(verdicts, pod.Status.PodIP+" : jump "+chain)
		}
		fmt.Fprintf(&out, "  chain %s {\n", d.chain)
		if len(verdicts) > 0 {
			slices.Sort(verdicts)
			fmt.Fprintf(&out, "    ip %s vmap { %s }\n", d.own, strings.Join(verdicts, ", "))
		}
		out.WriteString("  }\n")
	}
	out.WriteString(`  chain forward {
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
`)
	return out.String()
}

// hasAddress reports whether a pod has an address of its own now.
func hasAddress(pod *core.Pod) bool {
	return !pod.Spec.HostNetwork && pod.Status.PodIP != "" && pod.Status.Phase != core.PodSucceeded && pod.Status.Phase != core.PodFailed
}

// selecting are the policies that a pod is isolated by in a direction.
func (c Cluster) selecting(pod *core.Pod, d direction) []*networking.NetworkPolicy {
	var list []*networking.NetworkPolicy
	for _, policy := range c.Policies {
		if policy.Namespace == pod.Namespace && matches(&policy.Spec.PodSelector, pod.Labels) && concerns(policy, d) {
			list = append(list, policy)
		}
	}
	return list
}

// concerns reports whether a policy is one of a direction. One that does not say is of ingress, and of egress if it has rules for it.
func concerns(policy *networking.NetworkPolicy, d direction) bool {
	if len(policy.Spec.PolicyTypes) == 0 {
		return d == ingress || len(policy.Spec.Egress) > 0
	}
	return slices.Contains(policy.Spec.PolicyTypes, d.policyType)
}

// rule is one of a policy, in either direction.
type rule struct {
	peers []networking.NetworkPolicyPeer
	ports []networking.NetworkPolicyPort
}

func rulesOf(policy *networking.NetworkPolicy, d direction) []rule {
	var list []rule
	if d == ingress {
		for _, r := range policy.Spec.Ingress {
			list = append(list, rule{r.From, r.Ports})
		}
		return list
	}
	for _, r := range policy.Spec.Egress {
		list = append(list, rule{r.To, r.Ports})
	}
	return list
}

// allowed are what lets packets of a pod pass, as conditions of nft, sorted.
func (c Cluster) allowed(pod *core.Pod, policies []*networking.NetworkPolicy, d direction) []string {
	var lines []string
	for _, policy := range policies {
		for _, r := range rulesOf(policy, d) {
			for _, p := range c.peers(policy.Namespace, r.peers, d) {
				lines = append(lines, p.lines(pod, r.ports, d)...)
			}
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// peer is whom packets come from or go to.
type peer struct {
	condition string      // of nft; empty for everybody
	pods      []*core.Pod // when it is pods
	anybody   bool
}

// peers are those of a rule; none means everybody.
func (c Cluster) peers(namespace string, named []networking.NetworkPolicyPeer, d direction) []peer {
	if len(named) == 0 {
		return []peer{{anybody: true}}
	}
	var list []peer
	for _, n := range named {
		if n.IPBlock != nil {
			if condition := blockCondition(*n.IPBlock, d); condition != "" {
				list = append(list, peer{condition: condition})
			}
			continue
		}
		list = append(list, peer{pods: c.podsOf(namespace, n)})
	}
	return list
}

// blockCondition is empty for a range that is not of IPv4, which no pod here has.
func blockCondition(block networking.IPBlock, d direction) string {
	prefix, err := netip.ParsePrefix(block.CIDR)
	if err != nil || !prefix.Addr().Is4() {
		return ""
	}
	condition := fmt.Sprintf("ip %s %s ", d.peer, prefix.Masked())
	if len(block.Except) > 0 {
		condition += fmt.Sprintf("ip %s != { %s } ", d.peer, strings.Join(withoutOverlap(block.Except), ", "))
	}
	return condition
}

// withoutOverlap leaves out ranges that are part of others: a set of nft has each address once.
func withoutOverlap(ranges []string) []string {
	var prefixes []netip.Prefix
	for _, text := range ranges {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			prefixes = append(prefixes, prefix.Masked())
		}
	}
	slices.SortFunc(prefixes, func(a, b netip.Prefix) int { return a.Bits() - b.Bits() })
	var kept []netip.Prefix
	var list []string
	for _, prefix := range prefixes {
		if !slices.ContainsFunc(kept, prefix.Overlaps) {
			kept, list = append(kept, prefix), append(list, prefix.String())
		}
	}
	return list
}

// podsOf are the pods that selectors choose: of the policy's own namespace, or of those that are selected.
func (c Cluster) podsOf(own string, n networking.NetworkPolicyPeer) []*core.Pod {
	in := map[string]bool{}
	for _, namespace := range c.Namespaces {
		in[namespace.Name] = n.NamespaceSelector != nil && matches(n.NamespaceSelector, namespace.Labels)
	}
	var list []*core.Pod
	for _, pod := range c.Pods {
		there := in[pod.Namespace]
		if n.NamespaceSelector == nil {
			there = pod.Namespace == own
		}
		if there && hasAddress(pod) && (n.PodSelector == nil || matches(n.PodSelector, pod.Labels)) {
			list = append(list, pod)
		}
	}
	return list
}

// lines are the conditions under which packets between the pod and the peer pass.
func (p peer) lines(pod *core.Pod, ports []networking.NetworkPolicyPort, d direction) []string {
	switch {
	case p.condition == "" && !p.anybody && len(p.pods) == 0:
		return nil // selected, but nobody is there
	case len(ports) == 0:
		return []string{p.conditionFor(p.pods, d)}
	}
	var lines []string
	for _, port := range ports {
		protocol := core.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		switch {
		case port.Port == nil:
			lines = append(lines, p.conditionFor(p.pods, d)+"meta l4proto "+strings.ToLower(string(protocol))+" ")
		case port.Port.Type == intstr.Int:
			number := port.Port.String()
			if port.EndPort != nil {
				number += fmt.Sprintf("-%d", *port.EndPort)
			}
			lines = append(lines, p.conditionFor(p.pods, d)+portCondition(protocol, number))
		default: // a name stands for what the pod that receives calls so
			lines = append(lines, p.namedPort(pod, port.Port.StrVal, protocol, d)...)
		}
	}
	return lines
}

func (p peer) namedPort(pod *core.Pod, name string, protocol core.Protocol, d direction) []string {
	if d == ingress {
		if number := portOf(pod, name, protocol); number != "" {
			return []string{p.conditionFor(p.pods, d) + portCondition(protocol, number)}
		}
		return nil
	}
	called := map[string][]*core.Pod{}
	for _, receiver := range p.pods {
		if number := portOf(receiver, name, protocol); number != "" {
			called[number] = append(called[number], receiver)
		}
	}
	var lines []string
	for number, receivers := range called {
		lines = append(lines, p.conditionFor(receivers, d)+portCondition(protocol, number))
	}
	return lines
}

func portOf(pod *core.Pod, name string, protocol core.Protocol) string {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == name && (port.Protocol == protocol || port.Protocol == "" && protocol == core.ProtocolTCP) {
				return fmt.Sprint(port.ContainerPort)
			}
		}
	}
	return ""
}

func portCondition(protocol core.Protocol, number string) string {
	return fmt.Sprintf("%s dport %s ", strings.ToLower(string(protocol)), number)
}

func (p peer) conditionFor(pods []*core.Pod, d direction) string {
	if len(pods) == 0 {
		return p.condition
	}
	var addresses []string
	for _, pod := range pods {
		addresses = append(addresses, pod.Status.PodIP)
	}
	slices.Sort(addresses)
	return fmt.Sprintf("ip %s { %s } ", d.peer, strings.Join(slices.Compact(addresses), ", "))
}

// matches reports whether a selector chooses labels. One that the API server would not have taken chooses nothing.
func matches(selector *meta.LabelSelector, set map[string]string) bool {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(set))
}
