package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// checkPlace requires that the tenant's pods together get so much and no more, as the API server admits them.
func checkPlace(t *testing.T, c *testcloud.Cloud, tenant, cpu, memory, pods string) {
	t.Helper()
	namespace := "tenant-" + tenant
	client := observe.Kubernetes(t, c)
	quotas, err := client.CoreV1().ResourceQuotas(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.Len(t, quotas.Items, 1)
	for name, want := range map[corev1.ResourceName]string{
		corev1.ResourceRequestsCPU: cpu, corev1.ResourceLimitsCPU: cpu, corev1.ResourceRequestsMemory: memory, corev1.ResourceLimitsMemory: memory, corev1.ResourcePods: pods,
	} {
		got := quotas.Items[0].Spec.Hard[name]
		assert.True(t, got.Equal(resource.MustParse(want)), "%s of %s: got %s, expected %s", name, tenant, got.String(), want)
	}
	if pods == "0" {
		require.ErrorContains(t, tryPod(t, c, namespace, "1Mi"), "exceeded quota")
		return
	}
	require.NoError(t, tryPod(t, c, namespace, memory), "all of it in one pod")
	require.ErrorContains(t, tryPod(t, c, namespace, "5Gi"), "maximum memory usage per Container", "more than any tier has")
}

// tryPod asks the API server whether it would take a pod that wants so much memory.
func tryPod(t *testing.T, c *testcloud.Cloud, namespace, memory string) error {
	t.Helper()
	yes, no := true, false
	_, err := observe.Kubernetes(t, c).CoreV1().Pods(namespace).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "tried"},
		Spec: corev1.PodSpec{
			ServiceAccountName: "tenant",
			SecurityContext:    &corev1.PodSecurityContext{RunAsNonRoot: &yes, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			Containers: []corev1.Container{{
				Name: "c", Image: "registry.example/none",
				Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memory)}},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}
