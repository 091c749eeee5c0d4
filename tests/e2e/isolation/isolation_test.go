// Package isolation has the pods of every tenant try to get at every other tenant, at the platform and at the node, on the local cloud's
// real nodes, and writes down what came of it. Each refusal has a control: the same attempt succeeds where it is allowed.
package isolation

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/e2e/isolation/attack"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("PLATFORM_LOCAL_NODES", "on") // never fails for such a name
	os.Exit(testcloud.Main(m))
}

// patience is how long anything may take on a busy machine.
const patience = 5 * time.Minute

// ground is a local cloud with nodes, an environment, and what every attacker can aim at.
type ground struct {
	*testcloud.Cloud

	image                 string
	kubernetes            *kubernetes.Clientset
	cache                 string // host:port
	cacheSecret, dbSecret string // ARNs
}

// member is a tenant, with a pod that attacks and is attacked.
type member struct {
	slug, secret string
	url          string // of its own connection
	pod, service string // addresses
	node         string // the address of its pod's node
	identity     string // a token for the agent of Pod Identity, of its pod
	token        string // a token for the API server, of its service account
}

// namespace is the tenant's.
func (m member) namespace() string { return "tenant-" + m.slug }

// control is a namespace without any policy, in which attempts are seen to work.
const control = "isolation-control"

func TestPods(t *testing.T) {
	proof := readinesstest.Prove(t, "isolation-pods", "local")
	g := newGround(t)
	outsider := g.placeControl(t)
	members := g.members(t)
	require.Len(t, members, 3)
	r := &report{members: len(members)}
	g.insidePods(t, members, outsider, r)
	g.fromOutside(t, members, r)
	g.known(t, members)
	g.apiServer(t, members, r)
	g.admission(t, members, r)
	attempts, refused := r.totals()
	proof.Count("attempts", attempts)
	proof.Count("attempts that succeeded", attempts-refused)
	proof.Count("tenants", r.members)
	r.write(t)
}

func newGround(t *testing.T) *ground {
	t.Helper()
	g := &ground{Cloud: testcloud.Exclusive(t)}
	g.RequireNodes(t, required.Missing)
	g.kubernetes = observe.Kubernetes(t, g.Cloud)
	t.Cleanup(func() { g.Platform(t, nil, "tenant", "offboard", third, "--archive") })
	g.Platform(t, nil, "tenant", "create", third, "--tier", "starter") // beside the two samples, one of which is free
	var o map[string]any
	g.Platform(t, &o, "outputs")
	main, _ := o["databases"].(map[string]any)["main"].(map[string]any)
	g.cache = net.JoinHostPort(fmt.Sprint(o["cachePrimaryEndpoint"]), fmt.Sprint(o["cachePort"]))
	g.cacheSecret, g.dbSecret = fmt.Sprint(o["cacheAuthSecretArn"]), fmt.Sprint(main["masterSecretArn"])
	t.Cleanup(func() {
		g.Quietly(t, "aws", "ecr", "delete-repository", "--repository-name", program, "--force")
	})
	g.image = g.PushImage(t, program, "./testdata/attacker")
	return g
}

// program is what attacks, and the name of its pods and services.
const program = "attacker"

// third is the tenant that is made for the attack.
const third = "umbrella"

// kubectl runs kubectl, which must end well, on manifests unless there are none.
func (g *ground) kubectl(t testing.TB, manifests string, args ...string) string {
	t.Helper()
	if manifests != "" {
		file := t.TempDir() + "/manifests.yaml"
		require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(manifests, "IMAGE", g.image)), 0o600))
		args = append(args, "-f", file)
	}
	result := g.Quietly(t, "kubectl", args...)
	require.Zero(t, result.Code, "kubectl %v: %s%s", args, result.Stdout, result.Stderr)
	return strings.TrimSpace(result.Stdout)
}

// attacker is a pod with the program, as the tenant's own workload would be, and a service that leads to it.
const attacker = `apiVersion: v1
kind: Pod
metadata: {name: attacker, namespace: NAMESPACE, labels: {app: attacker}}
spec:
  serviceAccountName: ACCOUNT
  terminationGracePeriodSeconds: 1
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: attacker
    image: IMAGE
    ports: [{containerPort: 8080}]
    securityContext: SECURITY
    resources: {requests: {cpu: 10m, memory: 24Mi}, limits: {cpu: 100m, memory: 96Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: attacker, namespace: NAMESPACE}
spec: {selector: {app: attacker}, ports: [{port: 80, targetPort: 8080}]}
`

// place puts an attacker into a namespace and gives its address, that of its node and that of its service.
func (g *ground) place(t testing.TB, namespace, account, security string) (m member) {
	t.Helper()
	t.Cleanup(func() {
		g.kubectl(t, "", "--namespace", namespace, "delete", "pod/attacker", "service/attacker", "--ignore-not-found")
	})
	g.kubectl(t, strings.NewReplacer("NAMESPACE", namespace, "ACCOUNT", account, "SECURITY", security).Replace(attacker), "apply")
	g.kubectl(t, "", "--namespace", namespace, "wait", "--for", "condition=Ready", "pod/attacker", "--timeout", patience.String())
	pod, err := g.kubernetes.CoreV1().Pods(namespace).Get(t.Context(), program, metav1.GetOptions{})
	require.NoError(t, err)
	service, err := g.kubernetes.CoreV1().Services(namespace).Get(t.Context(), program, metav1.GetOptions{})
	require.NoError(t, err)
	return member{pod: pod.Status.PodIP, service: service.Spec.ClusterIP, node: pod.Status.HostIP}
}

// placeControl makes the namespace that confines nobody, with a pod that may do everything.
func (g *ground) placeControl(t *testing.T) member {
	t.Helper()
	t.Cleanup(func() { g.kubectl(t, "", "delete", "namespace", control, "--ignore-not-found") })
	g.kubectl(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+control+"}\n", "apply")
	require.Eventually(t, func() bool { // its service account is made a moment later
		_, err := g.kubernetes.CoreV1().ServiceAccounts(control).Get(t.Context(), "default", metav1.GetOptions{})
		return err == nil
	}, patience, time.Second)
	return g.place(t, control, "default", "{privileged: true, runAsNonRoot: false, runAsUser: 0}")
}

// members puts an attacker into each tenant's namespace.
func (g *ground) members(t *testing.T) (list []member) {
	t.Helper()
	for _, slug := range slices.Sorted(maps.Keys(observe.Tenants(t, g.Cloud))) {
		namespace := member{slug: slug}.namespace()
		m := g.place(t, namespace, "tenant", "{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}")
		m.slug = slug
		var o map[string]any
		g.Platform(t, &o, "tenant", "show", slug)
		tenant, _ := o["tenant"].(map[string]any)
		m.secret, _ = tenant["secretArn"].(string)
		require.NotEmpty(t, m.secret, o)
		url, _ := observe.Secret(t, g.Cloud, m.secret)["libpqUrl"].(string)
		require.Contains(t, url, "sslmode=verify-full")
		m.url = strings.Replace(url, "verify-full", "require", 1) // who attacks does not ask whether the server is the right one
		m.identity = g.kubectl(t, "", "--namespace", namespace, "create", "token", "tenant", "--audience", "pods.eks.amazonaws.com")
		m.token = g.kubectl(t, "", "--namespace", namespace, "create", "token", "tenant")
		list = append(list, m)
	}
	return list
}

// attack has a pod make attempts.
func (g *ground) attack(t testing.TB, namespace string, list []attack.Attempt) (outcomes []attack.Outcome) {
	t.Helper()
	text, err := json.Marshal(list)
	require.NoError(t, err)
	said := g.kubectl(t, "", "--namespace", namespace, "exec", "attacker", "--", "/bin/attacker", "attack", string(text))
	require.NoError(t, json.Unmarshal([]byte(said), &outcomes), said)
	require.Len(t, outcomes, len(list))
	return outcomes
}

// open takes the network policies' effect away, by one more that lets everything pass.
func (g *ground) open(t testing.TB, namespaces ...string) (shut func()) {
	t.Helper()
	for _, namespace := range namespaces {
		g.kubectl(t, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: "+namespace+"}\n"+
			"spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}\n", "apply")
	}
	return func() {
		for _, namespace := range namespaces {
			g.kubectl(t, "", "--namespace", namespace, "delete", "networkpolicy", "open")
		}
	}
}

// each does something for every ordered pair of tenants.
func each(members []member, do func(me, you member)) {
	for _, me := range members {
		for _, you := range members {
			if me.slug != you.slug {
				do(me, you)
			}
		}
	}
}

// insidePods has every pod try every way on every other tenant.
func (g *ground) insidePods(t *testing.T, members []member, outsider member, r *report) {
	t.Helper()
	ways := g.waysInside(t, outsider)
	each(members, func(me, you member) {
		list := make([]attack.Attempt, len(ways))
		for i, w := range ways {
			list[i] = w.attempt(me, you)
		}
		for i, o := range g.attack(t, me.namespace(), list) {
			w := ways[i]
			held := !o.Done && strings.Contains(o.Said, w.answer)
			assert.True(t, held, "%s: %s, by tenant %s on %s: got %q, expected to be refused with %q", w.part, w.what, me.slug, you.slug, o.Said, w.answer)
			r.count(w.part, w.what, w.answer, w.control.String(), held)
		}
	})
	g.controls(t, members[0], members[1], ways)
}

// controls shows that each attempt works where it is allowed, so that a refusal means something.
func (g *ground) controls(t *testing.T, me, you member, ways []way) {
	t.Helper()
	defer g.open(t, me.namespace(), you.namespace())()
	for _, w := range ways {
		from, a := me.namespace(), w.attempt(me, you)
		switch w.control {
		case onItsOwn:
			a = w.attempt(me, me)
		case byOthers:
			from = control
		case withoutPolicies, answered:
		}
		var last attack.Outcome
		assert.Eventually(t, func() bool {
			last = g.attack(t, from, []attack.Attempt{a})[0]
			return last.Done || w.control == answered && strings.Contains(last.Said, "connection refused")
		}, patience, time.Second, "%s: %s: it does not work where it is allowed (%s), so that its refusal shows nothing: %s", w.part, w.what, w.control, &last)
	}
}

// fromOutside has a pod that nobody confines try to get into every tenant's: the victim's own policies keep it out.
func (g *ground) fromOutside(t *testing.T, members []member, r *report) {
	t.Helper()
	try := func(m member) attack.Outcome {
		return g.attack(t, control, []attack.Attempt{{Kind: attack.Dial, Target: net.JoinHostPort(m.pod, strconv.Itoa(attack.Port))}})[0]
	}
	for _, m := range members {
		o := try(m)
		held := !o.Done && strings.Contains(o.Said, dropped)
		assert.True(t, held, "into the pod of tenant %s: %q", m.slug, o.Said)
		r.count("Network", "a tenant's pod, from a pod that nobody confines", dropped, withoutPolicies.String(), held)
	}
	defer g.open(t, members[0].namespace())()
	assert.Eventually(t, func() bool { return try(members[0]).Done }, patience, time.Second, "nobody gets in where everybody may, so that the refusal shows nothing")
}

// known has each pod do what the report says is known: a row that no longer holds must go.
func (g *ground) known(t *testing.T, members []member) {
	t.Helper()
	each(members, func(me, you member) {
		for i, o := range g.attack(t, me.namespace(), []attack.Attempt{
			{Kind: attack.Resolve, Target: program + "." + you.namespace() + ".svc.cluster.local"},
			{Kind: attack.Credentials, Target: you.identity},
		}) {
			assert.True(t, o.Done, "row %d of what is known, by tenant %s on %s: %s", i+1, me.slug, you.slug, o.Said)
		}
	})
}

// container is one that the API server takes everywhere.
func container() corev1.Container {
	no := false
	return corev1.Container{
		Name: "c", Image: "registry.example/none",
		SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}},
	}
}
