package rollout

import (
	"strconv"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// verdict is how far a rollout is.
type verdict int

const (
	coming verdict = iota
	came
	failed
)

const (
	// grace is how much longer than a Deployment's own limit a rollout may take: Kubernetes judges first.
	grace = 30 * time.Second
	// defaultDeadline is Kubernetes' own, in seconds.
	defaultDeadline = 600
)

// judge goes by the rule of `kubectl rollout status`: what the status says counts only once it is that of the newest version, which the
// engine's provider does not ask. That the version before was late does not count, either, which that rule forgets. Kubernetes never calls a version late whose pods it had made before, as when one that was put back is
// tried again and the quota has no room. So whoever has waited longer than the Deployment's own limit has waited long enough.
// https://github.com/kubernetes/kubernetes/blob/v1.35.3/staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment
func (o object) judge(version *object, waited time.Duration) verdict {
	s, observed := o.Status, o.Status.ObservedGeneration >= o.Metadata.Generation
	switch {
	case observed && o.late(version):
		return failed
	case observed && s.UpdatedReplicas >= o.number("replicas", 1) && s.Replicas <= s.UpdatedReplicas && s.AvailableReplicas >= s.UpdatedReplicas:
		return came
	case waited > time.Duration(o.number("progressDeadlineSeconds", defaultDeadline))*time.Second+grace:
		return failed
	}
	return coming
}

// late is whether Kubernetes calls the newest version late. Where it goes back to pods that it had made before, it first leaves standing what
// it has said of the version that failed, which it names.
// https://github.com/kubernetes/kubernetes/blob/v1.35.3/pkg/controller/deployment/progress.go (syncRolloutStatus)
func (o object) late(version *object) bool {
	c := o.condition("Progressing")
	if c.Reason != "ProgressDeadlineExceeded" {
		return false
	}
	return version == nil || !strings.HasPrefix(c.Message, "ReplicaSet ") || strings.Contains(c.Message, strconv.Quote(version.Metadata.Name))
}

// condition is the one of that type; empty when there is none.
func (o object) condition(kind string) condition {
	for _, c := range o.Status.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return condition{}
}

// number is a field of the specification.
func (o object) number(field string, otherwise int) int {
	if value, ok := o.Spec[field].(float64); ok {
		return int(value)
	}
	return otherwise
}

// judge sorts the platform's Deployments. Tenants' own are their stacks' business, which do not wait for them.
func (o objects) judge(waited time.Duration) (late, open []object) {
	for _, d := range o.Items {
		if d.Kind != "Deployment" || strings.HasPrefix(d.Metadata.Namespace, slug.Namespace("")) {
			continue
		}
		switch d.judge(o.current(d), waited) {
		case failed:
			late = append(late, d)
		case coming:
			open = append(open, d)
		case came:
		}
	}
	return late, open
}
