package nodes

import (
	"context"
	"errors"
	"net/netip"
	"time"

	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// askLimit is how long one question to the Kubernetes API may take.
const askLimit = 30 * time.Second

// publishAPIServer leads the service kubernetes to the address at which nodes and pods find the API server. The API server itself
// knows only the machine's loopback interface.
func (m *Manager) publishAPIServer(ctx context.Context, address netip.Addr) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	name, ready, port, protocol := "https", true, int32(443), core.ProtocolTCP
	slice := &discovery.EndpointSlice{
		ObjectMeta:  meta.ObjectMeta{Name: "kubernetes", Namespace: core.NamespaceDefault, Labels: map[string]string{discovery.LabelServiceName: "kubernetes"}},
		AddressType: discovery.AddressTypeIPv4,
		Endpoints:   []discovery.Endpoint{{Addresses: []string{address.String()}, Conditions: discovery.EndpointConditions{Ready: &ready}}},
		Ports:       []discovery.EndpointPort{{Name: &name, Port: &port, Protocol: &protocol}},
	}
	_, err := m.config.Kubernetes.DiscoveryV1().EndpointSlices(slice.Namespace).Create(ctx, slice, meta.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		_, err = m.config.Kubernetes.DiscoveryV1().EndpointSlices(slice.Namespace).Update(ctx, slice, meta.UpdateOptions{})
	}
	return err
}

// observe notes which nodes Kubernetes finds ready.
func (m *Manager) observe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	list, err := m.config.Kubernetes.CoreV1().Nodes().List(ctx, meta.ListOptions{ResourceVersion: "0"}) // from the server's memory
	if err != nil {
		return // what was known holds until it responds again
	}
	ready := map[string]bool{}
	for _, n := range list.Items {
		for _, condition := range n.Status.Conditions {
			ready[n.Name] = ready[n.Name] || condition.Type == core.NodeReady && condition.Status == core.ConditionTrue
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.nodes {
		switch {
		case n.state == StateLost, n.state == StateDraining, n.state == StateTerminating:
		case ready[n.name]:
			n.state = StateReady
			if g := m.groups[n.group]; g != nil {
				g.failure = ""
			}
		case n.state == StateReady:
			n.state = StateNotReady
		}
	}
}

// forget removes a node that is no more from Kubernetes, with its pods, which nobody ends any more.
func (m *Manager) forget(ctx context.Context, n *node) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	api := m.config.Kubernetes.CoreV1()
	err := api.Nodes().Delete(ctx, n.name, meta.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		err = nil
	}
	pods, listed := api.Pods(core.NamespaceAll).List(ctx, meta.ListOptions{FieldSelector: "spec.nodeName=" + n.name})
	if listed != nil {
		return errors.Join(err, listed)
	}
	now := int64(0)
	for _, pod := range pods.Items {
		if gone := api.Pods(pod.Namespace).Delete(ctx, pod.Name, meta.DeleteOptions{GracePeriodSeconds: &now}); gone != nil && !apierrors.IsNotFound(gone) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
