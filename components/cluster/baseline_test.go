package cluster

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

func baseline(t *testing.T, args *BaselineArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewBaseline(ctx, "baseline", args)
		return err
	})
}

// groundChecks hold for a baseline that says nothing about itself. Together they watch all that it consists of.
var groundChecks = []pulumitest.Check{
	checkLittle, checkDisks, checkDefaultPriority, checkNamespaces, checkNetworkPolicies, checkPriorities, checkWhere, checkMembers, checkConfinement,
}

func TestDefaultsOfTheBaseline(t *testing.T) {
	t.Parallel()
	r := baseline(t, nil)
	for _, check := range groundChecks {
		check(t, r)
	}
	r.RequireWatched(t, groundChecks, "* * apiVersion", "* * kind", "PriorityClass * description")
}

// checkWhere requires each object under its own name and in its namespace. Nothing is protected: all can be made again.
func checkWhere(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireProtected(t)
	r.RequireBelow(t, "genericcorp:cluster:Baseline")
	names := map[string]string{"baseline-storage": storageClass, "baseline-platform-readers": "platform-readers", "baseline-platform-tenants": "platform-tenants"}
	for _, class := range []string{PriorityCritical, PriorityStandard, PriorityBatch} {
		names["baseline-"+class] = class
	}
	for _, namespace := range []string{SystemNamespace, TenantsNamespace} {
		names["baseline-"+namespace] = namespace
		for suffix, name := range map[string]string{"deny": "default-deny", "dns": "allow-dns", "quota": "quota", "limits": "limits"} {
			names["baseline-"+namespace+"-"+suffix] = namespace + "/" + name
		}
	}
	for _, made := range r.All() {
		if made.Custom {
			got := fmt.Sprint(made.Value(t, "metadata.name"))
			if made.Has("metadata.namespace") {
				got = fmt.Sprint(made.Value(t, "metadata.namespace")) + "/" + got
			}
			require.Equal(t, names[made.Name], got, made.Name)
		}
	}
}

func checkLittle(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	for _, namespace := range []string{SystemNamespace, TenantsNamespace} {
		made := r.One(t, "kubernetes:core/v1:Namespace", "baseline-"+namespace)
		require.Equal(t, "restricted", made.Value(t, `metadata.labels["pod-security.kubernetes.io/enforce"]`))

		deny := r.One(t, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "baseline-"+namespace+"-deny")
		has(t, deny, map[string]any{"spec.policyTypes": []any{"Ingress", "Egress"}, "metadata.namespace": namespace})
		require.False(t, deny.Has("spec.ingress"), "nothing comes in")
		require.False(t, deny.Has("spec.egress"), "nothing goes out")
		require.False(t, deny.Has("spec.podSelector.matchLabels"), "of any pod")

		dns := r.One(t, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "baseline-"+namespace+"-dns")
		has(t, dns, map[string]any{"spec.policyTypes": []any{"Egress"}, "spec.egress[0].ports[0].port": 53, "spec.egress[0].ports[1].port": 53})
		require.False(t, dns.Has("spec.egress[1]"))

		quota := r.One(t, "kubernetes:core/v1:ResourceQuota", "baseline-"+namespace+"-quota")
		has(t, quota, map[string]any{`spec.hard["services.loadbalancers"]`: "0", `spec.hard["services.nodeports"]`: "0", `spec.hard["requests.cpu"]`: "16",
			`spec.hard["requests.memory"]`: "64Gi", `spec.hard["requests.storage"]`: "200Gi", "spec.hard.pods": "100"})
		limits := r.One(t, "kubernetes:core/v1:LimitRange", "baseline-"+namespace+"-limits")
		has(t, limits, map[string]any{
			"spec.limits[0].type": "Container", "spec.limits[0].default.memory": "256Mi", // a leak ends in its own container
			"spec.limits[0].defaultRequest.cpu": "50m", "spec.limits[0].defaultRequest.memory": "64Mi",
		})
	}
}

func checkDisks(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	has(t, r.One(t, "kubernetes:storage.k8s.io/v1:StorageClass", "baseline-storage"), map[string]any{
		"parameters.encrypted": "true", "parameters.type": "gp3", "volumeBindingMode": "WaitForFirstConsumer",
		"provisioner": "ebs.csi.aws.com", "reclaimPolicy": "Delete", "allowVolumeExpansion": true,
		`metadata.annotations["storageclass.kubernetes.io/is-default-class"]`: "true",
	})
}

func checkDefaultPriority(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	byDefault := map[string]any{}
	for _, class := range r.OfType("kubernetes:scheduling.k8s.io/v1:PriorityClass") {
		byDefault[class.Name] = class.Value(t, "globalDefault")
	}
	require.Equal(t, map[string]any{
		"baseline-" + PriorityCritical: false, "baseline-" + PriorityStandard: true, "baseline-" + PriorityBatch: false,
	}, byDefault)
}

func TestQuotasOfANamespace(t *testing.T) {
	t.Parallel()
	r := baseline(t, &BaselineArgs{Quotas: map[string]Quota{TenantsNamespace: {CPU: 2, MemoryGiB: 4, StorageGiB: 8, Pods: 16, NodePorts: 2}}})
	has(t, r.One(t, "kubernetes:core/v1:ResourceQuota", "baseline-"+TenantsNamespace+"-quota"), map[string]any{
		`spec.hard["requests.cpu"]`: "2", `spec.hard["requests.memory"]`: "4Gi", `spec.hard["requests.storage"]`: "8Gi", "spec.hard.pods": "16", `spec.hard["services.nodeports"]`: "2",
	})
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewBaseline(ctx, "baseline", &BaselineArgs{Quotas: map[string]Quota{"default": {}, TenantsNamespace: {NodePorts: -1}}})
		return err
	})
	for _, want := range []string{`quotas["default"]: got "default"`, `quotas["tenants"].cpu: got 0`, `quotas["tenants"].pods: got 0`, `quotas["tenants"].nodePorts: got -1, expected 0 or more`} {
		require.ErrorContains(t, err, want)
	}
}
