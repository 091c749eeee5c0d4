package cluster

import (
	"maps"
	"slices"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/check"
)

// Quota caps what all pods of a namespace ask for together.
type Quota struct {
	CPU        int // requested vCPUs
	MemoryGiB  int // requested memory
	StorageGiB int // requested disks
	Pods       int
}

// DefaultQuota bounds a namespace that says nothing. A load balancer is never within a quota: each costs money,
// and the platform has none so far.
var DefaultQuota = Quota{CPU: 16, MemoryGiB: 64, StorageGiB: 200, Pods: 100}

func (q Quota) check(p *check.Problems, input string) {
	for _, part := range []struct {
		name  string
		value int
	}{{"cpu", q.CPU}, {"memoryGiB", q.MemoryGiB}, {"storageGiB", q.StorageGiB}, {"pods", q.Pods}} {
		p.Require(part.value >= 1, input+"."+part.name, part.value, "1 or more")
	}
}

// hard is the quota in Kubernetes' terms.
func (q Quota) hard() pulumi.StringMap {
	return pulumi.StringMap{
		"requests.cpu":           pulumi.String(strconv.Itoa(q.CPU)),
		"requests.memory":        pulumi.String(strconv.Itoa(q.MemoryGiB) + "Gi"),
		"requests.storage":       pulumi.String(strconv.Itoa(q.StorageGiB) + "Gi"),
		"pods":                   pulumi.String(strconv.Itoa(q.Pods)),
		"services.loadbalancers": pulumi.String("0"),
		"services.nodeports":     pulumi.String("0"),
	}
}

// What a container gets that asks for nothing, so that the quota counts it and a leak ends in its own container.
var (
	defaultRequest = pulumi.StringMap{"cpu": pulumi.String("50m"), "memory": pulumi.String("64Mi")}
	defaultLimit   = pulumi.StringMap{"memory": pulumi.String("256Mi")}
)

// makeLimits bounds a namespace as a whole and its containers one by one.
func (b *baselineBuilder) makeLimits(namespace string, opts ...pulumi.ResourceOption) error {
	_, err := corev1.NewResourceQuota(b.ctx, b.name+"-"+namespace+"-quota", &corev1.ResourceQuotaArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String("quota"), Namespace: pulumi.String(namespace)},
		Spec:     &corev1.ResourceQuotaSpecArgs{Hard: b.args.quota(namespace).hard()},
	}, opts...)
	if err != nil {
		return err
	}
	_, err = corev1.NewLimitRange(b.ctx, b.name+"-"+namespace+"-limits", &corev1.LimitRangeArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String("limits"), Namespace: pulumi.String(namespace)},
		Spec: &corev1.LimitRangeSpecArgs{Limits: corev1.LimitRangeItemArray{&corev1.LimitRangeItemArgs{
			Type: pulumi.String("Container"), DefaultRequest: defaultRequest, Default: defaultLimit,
		}}},
	}, opts...)
	return err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
