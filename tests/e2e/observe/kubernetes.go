package observe

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/genericcorp/platform/tests/testcloud"
)

// Kubernetes is a client of the cluster's API.
func Kubernetes(t testing.TB, c *testcloud.Cloud) *kubernetes.Clientset {
	t.Helper()
	return kubernetesAs(t, c, rest.ImpersonationConfig{})
}

// KubernetesAs is a client of the cluster's API for whom the API server takes for a member of a group.
func KubernetesAs(t testing.TB, c *testcloud.Cloud, group string) *kubernetes.Clientset {
	t.Helper()
	return kubernetesAs(t, c, rest.ImpersonationConfig{UserName: "somebody", Groups: []string{group, "system:authenticated"}})
}

func kubernetesAs(t testing.TB, c *testcloud.Cloud, who rest.ImpersonationConfig) *kubernetes.Clientset {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	require.NoError(t, err)
	config.Impersonate = who
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	return client
}
