package nodes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
)

// published are the ports of services that are open on the machine. Only run uses it.
type published struct {
	open map[string]*portforward.Forwarder // by address
	// balancers are the addresses of services of type LoadBalancer: each has one of its own, as on AWS.
	balancers map[types.UID]string
	refused   map[string]bool // addresses that somebody else has, which was reported
}

// publish opens what services of the types NodePort and LoadBalancer offer, on the machine's loopback interface alone, and closes
// what they no longer do. A node port is the same on the address of the local cloud as on every node.
func (m *Manager) publish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	services, err := m.config.Kubernetes.CoreV1().Services(core.NamespaceAll).List(ctx, meta.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return // what was known holds until it responds again
	}
	wanted, balancers := map[string]int32{}, map[types.UID]string{}
	for i := range services.Items {
		service := &services.Items[i]
		host := ""
		if service.Spec.Type == core.ServiceTypeLoadBalancer {
			if host, err = m.balance(ctx, service); err != nil {
				m.config.Report(fmt.Sprintf("the load balancer of service %s/%s: %v", service.Namespace, service.Name, err))
				continue
			}
			balancers[service.UID] = host
		}
		for _, port := range service.Spec.Ports {
			if port.NodePort == 0 || port.Protocol != core.ProtocolTCP {
				continue
			}
			wanted[net.JoinHostPort(m.config.Host, strconv.Itoa(int(port.NodePort)))] = port.NodePort
			if host != "" {
				wanted[net.JoinHostPort(host, strconv.Itoa(int(port.Port)))] = port.NodePort
			}
		}
	}
	m.published.balancers = balancers
	m.openPorts(wanted)
}

// openPorts makes the open addresses those that are wanted, each for its node port.
func (m *Manager) openPorts(wanted map[string]int32) {
	for address, forwarder := range m.published.open {
		if _, stays := wanted[address]; !stays {
			_ = forwarder.Close() // nobody needs it any more
			delete(m.published.open, address)
		}
	}
	for address, port := range wanted {
		if m.published.open[address] != nil {
			continue
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			if !m.published.refused[address] {
				m.published.refused[address] = true
				m.config.Report(fmt.Sprintf("node port %d is not reachable from this machine: %v", port, err))
			}
			continue
		}
		m.published.open[address] = portforward.Serve(listener, func() (net.Conn, error) { return m.dialNode(port) })
	}
}

// balance gives a service of type LoadBalancer its address, and tells it.
func (m *Manager) balance(ctx context.Context, service *core.Service) (host string, err error) {
	host = m.published.balancers[service.UID]
	if host == "" {
		if host, err = m.config.NewHost(); err != nil {
			return "", err
		}
	}
	if told := service.Status.LoadBalancer.Ingress; len(told) == 1 && told[0].IP == host {
		return host, nil
	}
	proxy := core.LoadBalancerIPModeProxy // nodes leave it alone
	changed := service.DeepCopy()
	changed.Status.LoadBalancer.Ingress = []core.LoadBalancerIngress{{IP: host, IPMode: &proxy}}
	_, err = m.config.Kubernetes.CoreV1().Services(service.Namespace).UpdateStatus(ctx, changed, meta.UpdateOptions{})
	return host, err
}

// nodePatience is how long a node may take to accept a connection. One answers nothing at all where it has no pod of a service that leaves
// clients' addresses as they are (externalTrafficPolicy: Local): a load balancer would have learnt that from its health check.
const nodePatience = time.Second

// dialNode connects to a port of any node that is ready, each in its turn.
func (m *Manager) dialNode(port int32) (net.Conn, error) {
	m.mu.Lock()
	var ready []string
	for _, n := range m.nodes {
		if n.state == StateReady {
			ready = append(ready, net.JoinHostPort(n.block.node().String(), strconv.Itoa(int(port))))
		}
	}
	m.turn++
	turn := m.turn
	m.mu.Unlock()
	errs := []error{fmt.Errorf("node port %d: no ready node accepts", port)}
	for i := range ready {
		ctx, cancel := context.WithTimeout(context.Background(), nodePatience)
		connection, err := m.config.Fabric.Dial(ctx, ready[(turn+i)%len(ready)])
		cancel()
		if err == nil {
			return connection, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func (p *published) close() {
	for _, forwarder := range p.open {
		_ = forwarder.Close() // nobody is there any more
	}
}
