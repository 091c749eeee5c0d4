package isolation

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/genericcorp/platform/tests/e2e/isolation/attack"
)

// controlled is how an attempt is seen to work.
type controlled int

const (
	withoutPolicies controlled = iota // by the same pod, once the network policies of both namespaces let everything pass
	answered                          // likewise, as far as an answer: nobody listens there
	onItsOwn                          // on what is the pod's own
	byOthers                          // by a pod that nobody confines
)

// String is that in a report's words.
func (c controlled) String() string {
	return map[controlled]string{
		withoutPolicies: "works once the network policies let everything pass",
		answered:        "answered once the network policies let everything pass",
		onItsOwn:        "works on the tenant's own, from the same pod",
		byOthers:        "works in a pod that nobody confines",
	}[c]
}

// way is one way to get at another tenant, at the platform or at the node, from inside a pod.
type way struct {
	part, what string
	attempt    func(me, you member) attack.Attempt
	answer     string // what the refusal says, in the program's words
	control    controlled
}

// dropped is what becomes of a packet that a network policy lets not pass.
const dropped = "i/o timeout"

// dial is an attempt to connect.
func dial(part, what string, target func(me, you member) string) way {
	return way{part, what, func(me, you member) attack.Attempt { return attack.Attempt{Kind: attack.Dial, Target: target(me, you)} }, dropped, withoutPolicies}
}

// on is an attempt on what the other has, which works on one's own.
func on(part, what string, kind attack.Kind, answer string, others func(me, you member) string, own func(me member) string) way {
	return way{part, what, func(me, you member) attack.Attempt {
		if me.slug == you.slug {
			return attack.Attempt{Kind: kind, Target: own(me)}
		}
		return attack.Attempt{Kind: kind, Target: others(me, you)}
	}, answer, onItsOwn}
}

// confined is an attempt that no tenant's pod succeeds with.
func confined(part, what string, kind attack.Kind, target, answer string) way {
	return way{part, what, func(_, _ member) attack.Attempt { return attack.Attempt{Kind: kind, Target: target} }, answer, byOthers}
}

// waysInside are all ways from inside a pod. The outsider lets everybody in.
func (g *ground) waysInside(t *testing.T, outsider member) []way {
	t.Helper()
	api, err := g.kubernetes.CoreV1().Services("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	require.NoError(t, err)
	dns, err := g.kubernetes.CoreV1().Pods("kube-system").List(t.Context(), metav1.ListOptions{LabelSelector: "k8s-app=kube-dns"})
	require.NoError(t, err)
	require.NotEmpty(t, dns.Items)
	port := strconv.Itoa(attack.Port)
	metadata := dial("Node", "the metadata service of the node, which on AWS has the node's role", func(_, _ member) string { return "169.254.169.254:80" })
	metadata.control = answered // the local cloud has no such service
	const privileges, secrets, database = "operation not permitted", "Secrets and roles", "Database"
	secret, url := func(m member) string { return m.secret }, func(m member) string { return m.url }
	return []way{
		dial("Network", "the other's pod", func(_, you member) string { return net.JoinHostPort(you.pod, port) }),
		dial("Network", "the other's service, by its address", func(_, you member) string { return net.JoinHostPort(you.service, "80") }),
		dial("Network", "the other's service, by its name", func(_, you member) string { return program + "." + you.namespace() + ".svc.cluster.local:80" }),
		dial("Network", "a pod that lets everybody in", func(_, _ member) string { return net.JoinHostPort(outsider.pod, port) }),
		dial("Network", "a pod of the cluster's own (CoreDNS), at another port than that of names", func(_, _ member) string { return net.JoinHostPort(dns.Items[0].Status.PodIP, "9153") }),
		dial("Network", "the Kubernetes API", func(_, _ member) string { return net.JoinHostPort(api.Spec.ClusterIP, "443") }),
		dial("Network", "the cache", func(_, _ member) string { return g.cache }),
		dial("Node", "the kubelet of the other's node", func(_, you member) string { return net.JoinHostPort(you.node, "10250") }),
		dial("Node", "the kubelet of its own node", func(me, _ member) string { return net.JoinHostPort(me.node, "10250") }),
		metadata,
		confined("Node", "a raw socket", attack.RawSocket, "", privileges),
		confined("Node", "a mount", attack.Mount, "", privileges),
		confined("Node", "a setting of the kernel (core_pattern), to write", attack.Write, "/proc/sys/kernel/core_pattern", "permission denied"),
		confined("Kubernetes API", "a token for it in the pod", attack.Read, "/var/run/secrets/kubernetes.io/serviceaccount/token", "no such file or directory"),
		on(secrets, "the other's secret, in the pod's role", attack.Secret, "AccessDeniedException", func(_, you member) string { return you.secret }, secret),
		on(secrets, "the cache's token, in the pod's role", attack.Secret, "AccessDeniedException", func(_, _ member) string { return g.cacheSecret }, secret),
		on(secrets, "the password of the database's administrator, in the pod's role", attack.Secret, "AccessDeniedException", func(_, _ member) string { return g.dbSecret }, secret),
		on(secrets, "credentials of the other's role, with the other's token for the Kubernetes API", attack.Credentials, "403 Forbidden",
			func(_, you member) string { return you.token }, func(me member) string { return me.identity }),
		on(database, "the other's role, with the own password", attack.Database, "28P01", func(me, you member) string {
			return strings.Replace(me.url, "//tenant_"+me.slug+":", "//tenant_"+you.slug+":", 1)
		}, url),
		on(database, "the administrator's role, with the own password", attack.Database, "28P01", func(me, _ member) string {
			return strings.Replace(me.url, "//tenant_"+me.slug+":", "//platform_admin:", 1)
		}, url),
	}
}
