// Package nodes shows on a local cloud without an environment what its nodes do: run pods, join them, keep them apart, and go.
package nodes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("PLATFORM_LOCAL_NODES", "on") // never fails for such a name
	os.Exit(testcloud.Main(m))
}

// web is a Deployment of two replicas, one a zone, with all that a workload has.
const web = `apiVersion: v1
kind: Namespace
metadata: {name: demo, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]
      containers:
      - &container
        name: web
        image: IMAGE
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
        resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 200m, memory: 64Mi}}
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: demo}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: demo}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
`

func pod(namespace, name string) string {
	return fmt.Sprintf(`---
apiVersion: v1
kind: Pod
metadata: {name: %[2]s, namespace: %[1]s, labels: {app: %[2]s}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: probe
    image: IMAGE
    ports: [{name: http, containerPort: 8080}]
    readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
    resources: {limits: {memory: 64Mi}}
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
`, namespace, name)
}

func TestNodes(t *testing.T) {
	c := newCluster(t, nil)
	zones := map[string]bool{}
	for _, n := range c.nodes(t) {
		zones[n.Zone] = true
		assert.Equal(t, "ready", n.State)
		assert.Equal(t, "aws:///"+n.Zone+"/"+n.Instance+" workers "+n.Zone+" t4g.medium workers 17", c.jsonpath(t, "{.spec.providerID} {.metadata.labels.eks\\.amazonaws\\.com/nodegroup} "+
			"{.metadata.labels.topology\\.kubernetes\\.io/zone} {.metadata.labels.node\\.kubernetes\\.io/instance-type} {.metadata.labels.pool} {.status.capacity.pods}", "node", n.Name))
	}
	require.Len(t, zones, 2)
	c.apply(t, web)
	c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "status", "deployment/web", "--timeout", patience.String())
	c.run(t, "", "kubectl", "--namespace", "kube-system", "rollout", "status", "deployment/coredns", "--timeout", patience.String())
	c.apply(t, pod("demo", "client"))
	c.run(t, "", "kubectl", "--namespace", "demo", "wait", "--for", "condition=Ready", "pod/client", "--timeout", patience.String())

	t.Run("a service by its name", func(t *testing.T) {
		assert.Contains(t, c.get(t, "demo", "client", "http://web.demo.svc.cluster.local/"), "web-")
		assert.Contains(t, c.run(t, "", "kubectl", "--namespace", "demo", "logs", "client"), "serving as client")
		assert.Contains(t, c.run(t, "", "kubectl", "get", "--raw", "/api/v1/namespaces/demo/services/web:80/proxy/"), "web-")
	})
	t.Run("a service from the machine", func(t *testing.T) { fromTheMachine(t, c) })
	t.Run("nothing outside", func(t *testing.T) {
		for _, outside := range []string{"192.0.2.1:443", "169.254.169.254:80"} {
			assert.Contains(t, c.get(t, "demo", "client", "http://127.0.0.1:8080/dial?to="+outside), "refused:", outside)
		}
		assert.Contains(t, c.get(t, "demo", "client", "http://127.0.0.1:8080/dial?to=198.51.100.10:443"), "connected", "the AWS API")
	})
	t.Run("an identity", func(t *testing.T) { identity(t, c) })
	t.Run("memory", func(t *testing.T) {
		result := c.Run(t, c.Repository, nil, "kubectl", "--namespace", "demo", "exec", "client", "--", "/bin/probe", "get", "http://127.0.0.1:8080/eat?mebibytes=200")
		require.NotZero(t, result.Code)
		c.eventually(t, "killed for its memory", func() bool {
			return c.jsonpath(t, "{.status.containerStatuses[0].lastState.terminated.reason}", "--namespace", "demo", "pod", "client") == "OOMKilled"
		})
		c.run(t, "", "kubectl", "--namespace", "demo", "wait", "--for", "condition=Ready", "pod/client", "--timeout", patience.String())
	})
	t.Run("autoscaling", func(t *testing.T) { autoscale(t, c) })
	t.Run("network policies", func(t *testing.T) { networkPolicies(t, c) })
	t.Run("killed daemons", func(t *testing.T) { daemons(t, c) })
	t.Run("a killed control plane", func(t *testing.T) { controlPlane(t, c) })
	t.Run("other labels and taints", func(t *testing.T) { relabel(t, c) })
	t.Run("another release", func(t *testing.T) { replaceNodes(t, c) })
	t.Run("a smaller group", func(t *testing.T) { shrink(t, c) })
	t.Run("drain", func(t *testing.T) { drain(t, c) })
	t.Run("a node is lost", func(t *testing.T) { lose(t, c) })
	t.Run("nothing is left of a killed supervisor", func(t *testing.T) { leavesNothing(t, c) })
}

// identity gives a service account a role: its pods get a session of it, and others nothing.
func identity(t *testing.T, c *cluster) {
	t.Helper()
	const role = "arn:aws:iam::123456789012:role/app"
	trust := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]}`
	c.run(t, "", "aws", "iam", "create-role", "--role-name", "app", "--assume-role-policy-document", trust)
	c.run(t, "", "aws", "eks", "create-pod-identity-association", "--cluster-name", "cluster", "--namespace", "demo", "--service-account", "app", "--role-arn", role)
	c.apply(t, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app, namespace: demo}\n"+
		strings.Replace(pod("demo", "app"), "spec:\n", "spec:\n  serviceAccountName: app\n", 1))
	c.run(t, "", "kubectl", "--namespace", "demo", "wait", "--for", "condition=Ready", "pod/app", "--timeout", patience.String())
	got := c.Quietly(t, "kubectl", "--namespace", "demo", "exec", "app", "--", "/bin/probe", "credentials")
	require.Zero(t, got.Code, got.Stderr)
	require.True(t, strings.HasPrefix(got.Stdout, "200 OK http://198.51.100.10:443 {\"AccessKeyId\":\"ASIA"), "the pod's session")
	assert.NotContains(t, c.jsonpath(t, "{.spec.volumes[*].name}", "--namespace", "demo", "pod", "client"), "eks-pod-identity-token")
}

// autoscale burns a processor until there are more replicas, and waits until there are fewer again.
func autoscale(t *testing.T, c *cluster) {
	t.Helper()
	c.apply(t, `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: demo}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
`)
	replicas := func() string { return c.jsonpath(t, "{.spec.replicas}", "--namespace", "demo", "deployment", "web") }
	c.eventually(t, "three replicas under load", func() bool {
		for range 3 {
			c.get(t, "demo", "client", "http://web.demo.svc.cluster.local/burn?seconds=2")
		}
		return replicas() == "3"
	})
	c.eventually(t, "two replicas without", func() bool { return replicas() == "2" })
	assert.Contains(t, c.run(t, "", "kubectl", "top", "nodes"), ".ec2.internal")
	c.run(t, "", "kubectl", "--namespace", "demo", "delete", "hpa", "web")
}

// networkPolicies follows Kubernetes' own conformance cases (test/e2e/network/netpol/network_policy.go).
func networkPolicies(t *testing.T, c *cluster) {
	t.Helper()
	c.apply(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: one, labels: {ns: one}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: two, labels: {ns: two}}\n"+
		pod("one", "a")+pod("one", "b")+pod("two", "a"))
	address := map[string]string{}
	for _, p := range []string{"one/a", "one/b", "two/a"} {
		namespace, name, _ := strings.Cut(p, "/")
		c.run(t, "", "kubectl", "--namespace", namespace, "wait", "--for", "condition=Ready", "pod/"+name, "--timeout", patience.String())
		address[p] = c.jsonpath(t, "{.status.podIP}", "--namespace", namespace, "pod", name)
	}
	reaches := func(from, to string) bool {
		namespace, name, _ := strings.Cut(from, "/")
		return strings.Contains(c.get(t, namespace, name, "http://127.0.0.1:8080/dial?to="+address[to]+":8080"), "connected")
	}
	policy := func(spec string) {
		c.run(t, "", "kubectl", "--namespace", "one", "delete", "networkpolicy", "--all")
		if spec != "" {
			c.apply(t, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: one}\nspec: "+spec+"\n")
		}
	}
	for _, test := range []struct {
		name, spec string
		want       map[string]bool
	}{
		{"no policy", "", map[string]bool{"one/b one/a": true, "two/a one/a": true, "one/a two/a": true}},
		{"default deny", "{podSelector: {}, policyTypes: [Ingress, Egress]}", map[string]bool{"one/b one/a": false, "two/a one/a": false, "one/a two/a": false, "one/a one/a": true}},
		{"from pods", "{podSelector: {matchLabels: {app: a}}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}", map[string]bool{"one/b one/a": true, "two/a one/a": false, "one/a two/a": true}},
		{"from a namespace", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: two}}}]}]}", map[string]bool{"two/a one/a": true, "one/b one/a": false}},
		{"a named port", "{podSelector: {}, ingress: [{ports: [{port: http}]}]}", map[string]bool{"one/b one/a": true, "two/a one/a": true}},
		{"another port", "{podSelector: {}, ingress: [{ports: [{port: 81}]}]}", map[string]bool{"one/b one/a": false}},
		{"to a range without one", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.128.0.0/16, except: [" + address["two/a"] + "/32]}}]}]}", map[string]bool{"one/a two/a": false, "one/b one/a": true}},
	} {
		policy(test.spec)
		for pair, want := range test.want {
			from, to, _ := strings.Cut(pair, " ")
			c.eventually(t, test.name+": "+pair, func() bool { return reaches(from, to) == want })
		}
	}
	policy("")
}

// drain moves pods within their disruption budget: of two replicas one serves at every moment.
func drain(t *testing.T, c *cluster) {
	t.Helper()
	first := c.nodes(t)[0].Name
	c.Platform(t, nil, "local", "node", "drain", first)
	assert.NotContains(t, c.jsonpath(t, "{.items[*].spec.nodeName}", "--namespace", "demo", "pods", "--selector", "app=web"), first)
	c.run(t, "", "kubectl", "uncordon", first)
	c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "restart", "deployment/web")
	c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "status", "deployment/web", "--timeout", patience.String())
}

// lose kills a node: its pods come back elsewhere, and its group gets another node.
func lose(t *testing.T, c *cluster) {
	t.Helper()
	lost := c.nodes(t)[0]
	c.Platform(t, nil, "local", "node", "kill", lost.Name)
	c.eventually(t, "the lost node is not ready", func() bool {
		return !strings.Contains(c.jsonpath(t, `{.status.conditions[?(@.type=="Ready")].status}`, "node", lost.Name, "--ignore-not-found"), "True")
	})
	c.eventually(t, "two replicas elsewhere", func() bool {
		ready := 0
		for _, line := range strings.Split(c.jsonpath(t, `{range .items[*]}{.spec.nodeName} {.metadata.deletionTimestamp} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}`,
			"--namespace", "demo", "pods", "--selector", "app=web"), "\n") {
			if fields := strings.Fields(line); len(fields) == 2 && fields[0] != lost.Name && fields[1] == "True" {
				ready++
			}
		}
		return ready == 2
	})
	c.eventually(t, "another node", func() bool {
		ready := 0
		for _, n := range c.nodes(t) {
			if n.State == "ready" && n.Instance != lost.Instance {
				ready++
			}
		}
		return ready == 2
	})
}

// leavesNothing kills the supervisor. What nodes were made of goes with it, but for control groups, which the next start removes.
func leavesNothing(t *testing.T, c *cluster) {
	t.Helper()
	var nodes []int
	for _, n := range c.nodes(t) {
		nodes = append(nodes, n.PID)
	}
	inside := processesBelow(t, nodes)
	require.Greater(t, len(inside), len(nodes))
	left := c.controlGroups(t)
	require.NotEmpty(t, left)
	require.NoError(t, syscall.Kill(c.PID, syscall.SIGKILL))
	c.eventually(t, "every process is gone", func() bool {
		for pid := range inside {
			if _, err := os.Stat(filepath.Join("/proc", pid)); err == nil {
				return false
			}
		}
		return true
	})
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	assert.NotContains(t, string(mounts), c.Dir)
	for _, dir := range left {
		require.DirExists(t, dir, "or the end of this test shows nothing")
	}
	c.Platform(t, nil, "local", "start")
	for _, dir := range left {
		assert.NoDirExists(t, dir)
	}
	c.Platform(t, nil, "local", "down", "--abandon")
	time.Sleep(time.Second)
}

// processesBelow are the processes in the namespaces of nodes, by number.
func processesBelow(t testing.TB, nodes []int) map[string]bool {
	t.Helper()
	spaces := map[string]bool{}
	for _, pid := range nodes {
		space, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid_for_children", pid))
		require.NoError(t, err)
		spaces[space] = true
	}
	found := map[string]bool{}
	all, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, dir := range all {
		space, err := os.Readlink(filepath.Join(dir, "ns/pid"))
		if err == nil && spaces[space] {
			found[filepath.Base(dir)] = true
		}
	}
	return found
}
