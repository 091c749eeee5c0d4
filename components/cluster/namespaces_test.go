package cluster

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"

func checkNamespaces(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	made := r.OfType("kubernetes:core/v1:Namespace")
	require.Len(t, made, 2)
	for _, namespace := range made {
		require.Equal(t, map[string]any{
			"pod-security.kubernetes.io/enforce":         "restricted",
			"pod-security.kubernetes.io/enforce-version": "latest",
			"pod-security.kubernetes.io/audit":           "restricted",
			"pod-security.kubernetes.io/warn":            "restricted",
		}, namespace.Value(t, "metadata.labels"), namespace.Name)
	}
}

// The one way out: to cluster DNS, by both protocols, and to nothing else that listens on its port.
func checkNetworkPolicies(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Len(t, r.OfType(policyType), 4, "a denial and a permission for each namespace")
	for _, namespace := range []string{SystemNamespace, TenantsNamespace} {
		require.Equal(t, map[string]any{
			"podSelector": map[string]any{},
			"policyTypes": []any{"Egress"},
			"egress": []any{map[string]any{
				"to": []any{map[string]any{
					"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "kube-system"}},
					"podSelector":       map[string]any{"matchLabels": map[string]any{"k8s-app": "kube-dns"}},
				}},
				"ports": []any{
					map[string]any{"protocol": "UDP", "port": 53.0},
					map[string]any{"protocol": "TCP", "port": 53.0},
				},
			}},
		}, r.One(t, policyType, "baseline-"+namespace+"-dns").Value(t, "spec"))
		require.Equal(t, map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"}},
			r.One(t, policyType, "baseline-"+namespace+"-deny").Value(t, "spec"))
	}
}

// Nothing is put into a namespace before it exists.
func TestNamespacesComeFirst(t *testing.T) {
	t.Parallel()
	for _, made := range baseline(t, nil).All() {
		if made.Has("metadata.namespace") {
			namespace, ok := made.Value(t, "metadata.namespace").(string)
			require.True(t, ok)
			require.True(t, waits(made, "Namespace::baseline-"+namespace), made.Name)
		}
	}
}

func checkPriorities(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	const class = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
	for name, want := range map[string][]any{
		PriorityCritical: {1_000_000.0, "PreemptLowerPriority"}, // Kubernetes keeps what is above a billion for itself
		PriorityStandard: {1_000.0, "PreemptLowerPriority"},
		PriorityBatch:    {0.0, "Never"}, // work that can wait pushes nobody out
	} {
		made := r.One(t, class, "baseline-"+name)
		require.Equal(t, want, []any{made.Value(t, "value"), made.Value(t, "preemptionPolicy")}, name)
	}
}

func TestOutputsOfABaseline(t *testing.T) {
	t.Parallel()
	var got map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		b, err := NewBaseline(ctx, "baseline", nil)
		if err == nil {
			got = pulumitest.Outputs(t, ctx, b)
		}
		return err
	})
	require.Equal(t, map[string]pulumitest.Output{
		"Namespaces":   {Value: []string{SystemNamespace, TenantsNamespace}, Known: true},
		"StorageClass": {Value: "gp3-encrypted", Known: true},
	}, got)
	r.RequireBelow(t, "genericcorp:cluster:Baseline")
	r.RequireProtected(t)
}

func TestEachBadQuota(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		namespace string
		change    func(*Quota)
		message   string
	}{
		"another's namespace": {"kube-system", func(*Quota) {}, `quotas["kube-system"]: got "kube-system", expected "platform-system" or "tenants"`},
		"cpu":                 {TenantsNamespace, func(q *Quota) { q.CPU = 0 }, `quotas["tenants"].cpu: got 0, expected 1 or more`},
		"memory":              {TenantsNamespace, func(q *Quota) { q.MemoryGiB = -1 }, `quotas["tenants"].memoryGiB: got -1, expected 1 or more`},
		"storage":             {SystemNamespace, func(q *Quota) { q.StorageGiB = 0 }, `quotas["platform-system"].storageGiB: got 0, expected 1 or more`},
		"pods":                {SystemNamespace, func(q *Quota) { q.Pods = 0 }, `quotas["platform-system"].pods: got 0, expected 1 or more`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quota := DefaultQuota
			c.change(&quota)
			r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
				_, err := NewBaseline(ctx, "baseline", &BaselineArgs{Quotas: map[string]Quota{c.namespace: quota}})
				return err
			})
			require.ErrorContains(t, err, `baseline "baseline": `+c.message)
			require.Equal(t, 1, strings.Count(err.Error(), ": got "), err)
			require.Empty(t, r.All())
		})
	}
}
