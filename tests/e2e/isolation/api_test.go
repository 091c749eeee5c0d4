package isolation

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// call is one call of the Kubernetes API about a namespace, that of the caller or that of another tenant. It changes nothing.
type call struct {
	what string
	do   func(ctx context.Context, k *kubernetes.Clientset, namespace string) error
}

var dry = metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}

// calls are what somebody would want of the API server who has a token.
var calls = []call{
	{"list secrets", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		_, err := k.CoreV1().Secrets(ns).List(ctx, metav1.ListOptions{})
		return err
	}},
	{"list pods", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		_, err := k.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{})
		return err
	}},
	{"read a pod's log", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		return k.CoreV1().Pods(ns).GetLogs("attacker", &corev1.PodLogOptions{}).Do(ctx).Error()
	}},
	{"create a pod", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		_, err := k.CoreV1().Pods(ns).Create(ctx, pod(func(*corev1.PodSpec) {}), dry)
		return err
	}},
	{"take a token of the service account", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		_, err := k.CoreV1().ServiceAccounts(ns).CreateToken(ctx, "tenant", &authenticationv1.TokenRequest{}, dry)
		return err
	}},
	{"remove a network policy", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		return k.NetworkingV1().NetworkPolicies(ns).Delete(ctx, "default-deny", metav1.DeleteOptions{DryRun: dry.DryRun})
	}},
	{"remove the quota", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		return k.CoreV1().ResourceQuotas(ns).Delete(ctx, "quota", metav1.DeleteOptions{DryRun: dry.DryRun})
	}},
	{"remove the namespace", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		return k.CoreV1().Namespaces().Delete(ctx, ns, metav1.DeleteOptions{DryRun: dry.DryRun})
	}},
	{"list nodes", func(ctx context.Context, k *kubernetes.Clientset, _ string) error {
		_, err := k.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		return err
	}},
	{"become an administrator", func(ctx context.Context, k *kubernetes.Clientset, _ string) error {
		_, err := k.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "tried"}, RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "cluster-admin"},
		}, dry)
		return err
	}},
}

// caller is who calls the Kubernetes API, with a token that a tenant's pod has, might have stolen, or has not.
type caller struct {
	what   string
	token  func(member) string
	answer string
	others bool // also in other tenants' namespaces, call by call
}

var callers = []caller{
	{"", func(m member) string { return m.token }, "forbidden", true},
	{"any of these calls, with the pod's token for Pod Identity", func(m member) string { return m.identity }, "Unauthorized", false},
	{"any of these calls, without a token", func(member) string { return "" }, "Unauthorized", false},
}

// apiServer calls the API server with the tokens of the tenants' service accounts, as if they had been stolen and a way had been found.
func (g *ground) apiServer(t *testing.T, members []member, r *report) {
	t.Helper()
	nodes, err := g.kubernetes.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, nodes.Items)
	list := append(slices.Clone(calls), call{"read what the kubelet of a node tells (nodes/proxy)", func(ctx context.Context, k *kubernetes.Clientset, _ string) error {
		return k.CoreV1().RESTClient().Get().AbsPath("/api/v1/nodes", nodes.Items[0].Name, "proxy/pods").Do(ctx).Error()
	}})
	for _, c := range list {
		assert.NoError(t, c.do(t.Context(), g.kubernetes, members[0].namespace()), "%s: an administrator may, or the refusal shows nothing", c.what)
	}
	for _, who := range callers {
		for _, me := range members {
			client := g.with(t, who.token(me))
			for _, you := range members {
				if !who.others && me.slug != you.slug {
					continue
				}
				for _, c := range list {
					err := c.do(t.Context(), client, you.namespace())
					held := err != nil && strings.Contains(err.Error(), who.answer)
					assert.True(t, held, "%s: tenant %s on %s: got %v, expected it to be refused with %q", c.what, me.slug, you.slug, err, who.answer)
					part, what := "Kubernetes API", who.what
					if what == "" {
						part, what = "Kubernetes API, with the token of a tenant's service account, tried in every tenant's namespace", c.what
					}
					r.count(part, what, who.answer, "an administrator may", held)
				}
			}
		}
	}
}

// with is a client with a token.
func (g *ground) with(t testing.TB, token string) *kubernetes.Clientset {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", g.Kubeconfig)
	require.NoError(t, err)
	config = rest.AnonymousClientConfig(config)
	config.BearerToken, config.QPS = token, -1
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	return client
}

func pod(change func(*corev1.PodSpec)) *corev1.Pod {
	yes := true
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "tried"}, Spec: corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: &yes, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		Containers:      []corev1.Container{container()},
	}}
	change(&p.Spec)
	return p
}

// object is something that is refused in a tenant's namespace, whoever makes it.
type object struct {
	part, what string
	answer     string
	create     func(ctx context.Context, k *kubernetes.Clientset, namespace string) error
}

func refusedPod(what string, change func(*corev1.PodSpec)) object {
	return object{"Leave the pod", what, "violates PodSecurity", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		_, err := k.CoreV1().Pods(ns).Create(ctx, pod(change), dry)
		return err
	}}
}

func overQuota(what, answer string, create func(ctx context.Context, k *kubernetes.Clientset, namespace string) error) object {
	return object{"Leave the quota", what, answer, create}
}

func service(kind corev1.ServiceType) func(ctx context.Context, k *kubernetes.Clientset, namespace string) error {
	return func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		_, err := k.CoreV1().Services(ns).Create(ctx, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "tried"}, Spec: corev1.ServiceSpec{
			Type: kind, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(80)}},
		}}, dry)
		return err
	}
}

func objects() []object {
	yes, root, path := true, int64(0), corev1.HostPathDirectory
	limited := func(limits corev1.ResourceList) func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
		return func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
			_, err := k.CoreV1().Pods(ns).Create(ctx, pod(func(s *corev1.PodSpec) { s.Containers[0].Resources.Limits = limits }), dry)
			return err
		}
	}
	return []object{
		refusedPod("the node's network (hostNetwork)", func(s *corev1.PodSpec) { s.HostNetwork = true }),
		refusedPod("the node's processes (hostPID)", func(s *corev1.PodSpec) { s.HostPID = true }),
		refusedPod("the node's shared memory (hostIPC)", func(s *corev1.PodSpec) { s.HostIPC = true }),
		refusedPod("a folder of the node (hostPath)", func(s *corev1.PodSpec) {
			s.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/", Type: &path}}}}
		}),
		refusedPod("a port of the node (hostPort)", func(s *corev1.PodSpec) {
			s.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 80}}
		}),
		refusedPod("all privileges (privileged)", func(s *corev1.PodSpec) {
			s.Containers[0].SecurityContext.Privileged, s.Containers[0].SecurityContext.AllowPrivilegeEscalation = &yes, &yes
		}),
		refusedPod("the user root", func(s *corev1.PodSpec) { s.SecurityContext.RunAsNonRoot, s.SecurityContext.RunAsUser = nil, &root }),
		refusedPod("more privileges than it began with", func(s *corev1.PodSpec) { s.Containers[0].SecurityContext.AllowPrivilegeEscalation = &yes }),
		refusedPod("a capability (NET_RAW)", func(s *corev1.PodSpec) {
			s.Containers[0].SecurityContext.Capabilities.Add = []corev1.Capability{"NET_RAW"}
		}),
		refusedPod("every system call (no seccomp)", func(s *corev1.PodSpec) {
			s.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
		}),
		overQuota("a pod with more memory than any tier has", "maximum memory usage per Container", limited(corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("20Gi")})),
		overQuota("a pod with more processors than any tier has", "maximum cpu usage per Container", limited(corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("20")})),
		overQuota("a disk", "exceeded quota", func(ctx context.Context, k *kubernetes.Clientset, ns string) error {
			_, err := k.CoreV1().PersistentVolumeClaims(ns).Create(ctx, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "tried"}, Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
			}}, dry)
			return err
		}),
		overQuota("a load balancer", "exceeded quota", service(corev1.ServiceTypeLoadBalancer)),
		overQuota("a port of every node (NodePort)", "exceeded quota", service(corev1.ServiceTypeNodePort)),
	}
}

// admission has what would lead out of a pod, or out of the quota, made by an administrator: whoever makes pods for a tenant, its own
// worker's deployment for instance, gets no further.
func (g *ground) admission(t *testing.T, members []member, r *report) {
	t.Helper()
	for _, o := range objects() {
		assert.NoError(t, o.create(t.Context(), g.kubernetes, control), "%s: it is taken where nobody is confined, or the refusal shows nothing", o.what)
		for _, m := range members {
			err := o.create(t.Context(), g.kubernetes, m.namespace())
			held := err != nil && assert.ErrorContains(t, err, o.answer, "%s in %s", o.what, m.namespace())
			assert.True(t, held, "%s in %s", o.what, m.namespace())
			r.count(o.part, o.what, o.answer, "taken in a namespace without the platform's labels and quota", held)
		}
	}
}
