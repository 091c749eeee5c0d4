package nodes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"

	core "k8s.io/api/core/v1"

	"github.com/genericcorp/platform/tests/localcloud/nodes/metrics"
)

// metricsName is what the API server expects of the certificate of the service metrics-server.
const metricsName = "metrics-server.kube-system.svc"

// serveMetrics answers the API server for metrics.k8s.io, where the add-on metrics-server leads.
func (m *Manager) serveMetrics(ctx context.Context, at netip.Addr) error {
	serving, err := m.config.Authority.Server(metricsName)
	if err != nil {
		return err
	}
	certificate, err := tls.X509KeyPair(serving.Certificate, serving.Key)
	if err != nil {
		return err
	}
	asking, err := m.config.Authority.Client("metrics-server", "system:masters")
	if err != nil {
		return err
	}
	shown, err := tls.X509KeyPair(asking.Certificate, asking.Key)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(m.config.Authority.PEM)
	server := metrics.New(metrics.Config{
		Nodes: m.kubelets, Pods: m.pods, Dial: m.config.Fabric.Dial,
		TLS: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{shown}, MinVersion: tls.VersionTLS12},
	})
	if err := m.config.Fabric.AddAddress(at); err != nil {
		return err
	}
	listener, err := m.config.Fabric.Listen(net.JoinHostPort(at.String(), "443"))
	if err != nil {
		return err
	}
	// The API server has found out who asks and whether he may; nobody else gets in.
	m.serveOn(tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{certificate}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
		VerifyConnection: metrics.RequireName(m.config.FrontProxy),
	}), server)
	m.ended.Go(func() { server.Run(ctx) })
	return nil
}

// kubelets are those of nodes that run.
func (m *Manager) kubelets() []metrics.Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []metrics.Node
	for _, n := range m.nodes {
		if n.state == StateReady || n.state == StateDraining {
			list = append(list, metrics.Node{Name: n.name, Labels: n.labels, Kubelet: net.JoinHostPort(n.block.node().String(), "10250")})
		}
	}
	return list
}

func (m *Manager) pods() []*core.Pod {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cluster.Pods
}
