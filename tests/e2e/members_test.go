package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// attempt is one call of the cluster's API.
type attempt struct {
	name string
	call func(*kubernetes.Clientset) error
	// refusal is a part of the answer to who may not; nothing for who may.
	refusal string
}

const forbidden = "forbidden"

// TestMembersOfTheCluster asks the API server what the two groups may do that are let in without being administrators.
func TestMembersOfTheCluster(t *testing.T) {
	c := testcloud.Shared(t)
	ctx := t.Context()
	try, look := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}, metav1.ListOptions{}
	namespace := func(name string, labels map[string]string) func(*kubernetes.Clientset) error {
		return func(k *kubernetes.Clientset) error {
			_, err := k.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, try)
			return err
		}
	}
	account := func(namespace string) func(*kubernetes.Clientset) error {
		return func(k *kubernetes.Clientset) error {
			_, err := k.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "tried"}}, try)
			return err
		}
	}
	confined := map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}
	own := observe.List(t, c, "kubernetes:core/v1:Namespace")
	require.Contains(t, own, "platform-system")
	secrets := func(k *kubernetes.Clientset) error {
		_, err := k.CoreV1().Secrets("platform-system").List(ctx, look)
		return err
	}
	grant := func(k *kubernetes.Clientset) error {
		_, err := k.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "tried"}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "cluster-admin", APIGroup: "rbac.authorization.k8s.io"},
		}, try)
		return err
	}
	for group, attempts := range map[string][]attempt{
		"platform:tenants": {
			{"a tenant's namespace", namespace("tenant-tried", confined), ""},
			{"a tenant's namespace that takes any pod", namespace("tenant-tried", nil), "hardened pods alone"},
			{"another namespace", namespace("tried", confined), "only what is in namespaces of tenants"},
			{"another namespace, by its name like a tenant's", namespace("tenants-tried", confined), "only what is in namespaces of tenants"},
			{"the platform's service accounts", account("platform-system"), "only what is in namespaces of tenants"},
			{"Kubernetes' own service accounts", account("kube-system"), "only what is in namespaces of tenants"},
			{"the platform's namespace", func(k *kubernetes.Clientset) error {
				return k.CoreV1().Namespaces().Delete(ctx, "platform-system", metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
			}, "only what is in namespaces of tenants"},
			{"a workload of the platform", func(k *kubernetes.Clientset) error {
				_, err := k.AppsV1().Deployments("platform-system").Create(ctx, deployment(), try)
				return err
			}, "only what is in namespaces of tenants"},
			{"secrets", secrets, forbidden},
			{"to be let do more", grant, forbidden},
			{"what its workloads do", func(k *kubernetes.Clientset) error { _, err := k.CoreV1().Pods("").List(ctx, look); return err }, ""},
		},
		"platform:readers": {
			{"to look", func(k *kubernetes.Clientset) error {
				_, err := k.CoreV1().ResourceQuotas("").List(ctx, look)
				return err
			}, ""},
			{"to look at who may what", func(k *kubernetes.Clientset) error { _, err := k.RbacV1().ClusterRoles().List(ctx, look); return err }, ""},
			{"secrets", secrets, forbidden},
			{"a tenant's namespace", namespace("tenant-tried", confined), forbidden},
			{"to be let do more", grant, forbidden},
		},
		"anybody": {
			{"to look", func(k *kubernetes.Clientset) error { _, err := k.CoreV1().Namespaces().List(ctx, look); return err }, forbidden},
		},
	} {
		client := observe.KubernetesAs(t, c, group)
		for _, a := range attempts {
			err := a.call(client)
			if a.refusal == "" {
				assert.NoError(t, err, "%s: %s", group, a.name)
				continue
			}
			require.ErrorContains(t, err, a.refusal, "%s: %s", group, a.name)
			assert.True(t, apierrors.IsForbidden(err) || apierrors.IsInvalid(err), "%s: %s: %v", group, a.name, err)
		}
	}
}

// deployment is one that the API server would take.
func deployment() *appsv1.Deployment {
	labels := map[string]string{"app": "tried"}
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "tried"}, Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "registry.example/none"}}},
		},
	}}
}
