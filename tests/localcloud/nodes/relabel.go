package nodes

import (
	"context"
	"fmt"
	"maps"
	"slices"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// relabel gives the nodes that there are the labels and taints that their groups have now, as EKS does: "to apply to the nodes in the
// node group after the update" (https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupConfig.html).
func (m *Manager) relabel(ctx context.Context) {
	type changed struct {
		node   *node
		labels map[string]string
		taints []Taint
	}
	var list []changed
	m.mu.Lock()
	for _, n := range m.nodes {
		g := m.groups[n.group]
		if g == nil || n.state != StateReady {
			continue
		}
		labels := labelsOf(g.Group, n.subnet, m.config.Region, n.release)
		if !maps.Equal(labels, n.labels) || !slices.Equal(g.Taints, n.taints) {
			list = append(list, changed{n, labels, g.Taints})
		}
	}
	m.mu.Unlock()
	for _, c := range list {
		err := m.relabelNode(ctx, c.node, c.labels, c.taints)
		if err != nil && !apierrors.IsConflict(err) && ctx.Err() == nil { // of a conflict the next look makes nothing
			m.config.Report(fmt.Sprintf("change the labels and taints of node %s: %v", c.node.name, err))
		}
	}
}

func (m *Manager) relabelNode(ctx context.Context, n *node, labels map[string]string, taints []Taint) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	api := m.config.Kubernetes.CoreV1().Nodes()
	shown, err := api.Get(ctx, n.name, meta.GetOptions{})
	if err != nil {
		return err
	}
	for key := range n.labels {
		if _, stays := labels[key]; !stays {
			delete(shown.Labels, key)
		}
	}
	maps.Copy(shown.Labels, labels)
	shown.Spec.Taints = retaint(shown.Spec.Taints, n.taints, taints)
	if _, err := api.Update(ctx, shown, meta.UpdateOptions{}); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n.labels, n.taints = labels, taints
	return nil
}

// retaint replaces, among all taints of a node, those of its group: others come from Kubernetes and from people.
func retaint(all []core.Taint, before, now []Taint) []core.Taint {
	same := func(a core.Taint, b Taint) bool { return a.Key == b.Key && string(a.Effect) == b.Effect }
	of := func(list []Taint) func(core.Taint) bool {
		return func(a core.Taint) bool {
			return slices.ContainsFunc(list, func(b Taint) bool { return same(a, b) })
		}
	}
	kept := slices.DeleteFunc(slices.DeleteFunc(slices.Clone(all), of(before)), of(now))
	for _, t := range now {
		kept = append(kept, core.Taint{Key: t.Key, Value: t.Value, Effect: core.TaintEffect(t.Effect)})
	}
	return kept
}
