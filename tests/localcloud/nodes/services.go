package nodes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Endpoint is a database or cache. Its address, which people and programs are told, is one of the machine's loopback interface;
// in the VPC it is in a subnet.
type Endpoint struct {
	Address netip.AddrPort
	Subnet  netip.Prefix
}

// inVPC is where pods find it.
func (e Endpoint) inVPC() netip.AddrPort {
	return netip.AddrPortFrom(nth(e.Subnet, endpointHost), e.Address.Port())
}

const (
	// Of the first 64 addresses of a subnet, which nodes leave free: the API server's, the registry's, that of databases and caches, and
	// that of metrics.
	apiServerHost = 10
	registryHost  = 11
	endpointHost  = 12
	metricsHost   = 13

	apiServerPort = "443"
	rulesPort     = "8001"
)

// AWS is where pods find the AWS API: outside the VPC, as on AWS (an address for documentation, RFC 5737).
var AWS = netip.MustParseAddrPort("198.51.100.10:443")

// routerAddress is the router's own, which every node sees.
const routerAddress = "169.254.1.1"

// serveVPC makes reachable what nodes and pods find in their VPC.
func (m *Manager) serveVPC(ctx context.Context, subnet netip.Prefix) error {
	registry := nth(subnet, registryHost)
	return errors.Join(
		m.offer(netip.AddrPortFrom(nth(subnet, apiServerHost), 443), m.config.APIServer),
		m.offer(AWS, m.config.AWS),
		m.serve(netip.AddrPortFrom(registry, 80), m.config.Registry),
		m.serve(netip.MustParseAddrPort(routerAddress+":"+rulesPort), http.HandlerFunc(m.rules)),
		m.serveMetrics(ctx, nth(subnet, metricsHost)),
		m.serveWebhook(ctx),
	)
}

// offer makes a server of the machine reachable at an address of the nodes' network, unless it is already.
func (m *Manager) offer(at netip.AddrPort, server string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.offered[at] == server {
		return nil
	}
	if old := m.offers[at]; old != nil {
		_ = old.Close() // another server has taken its place
	}
	if err := m.config.Fabric.AddAddress(at.Addr()); err != nil {
		return err
	}
	forwarder, err := m.config.Fabric.Offer(at.String(), server)
	if err != nil {
		return err
	}
	m.offers[at], m.offered[at] = forwarder, server
	return nil
}

// serve makes a handler of the supervisor's reachable at an address of the nodes' network.
func (m *Manager) serve(at netip.AddrPort, handler http.Handler) error {
	if err := m.config.Fabric.AddAddress(at.Addr()); err != nil {
		return err
	}
	listener, err := m.config.Fabric.Listen(at.String())
	if err != nil {
		return fmt.Errorf("serve nodes at %s: %w", at, err)
	}
	m.serveOn(listener, handler)
	return nil
}

// serveOn serves until the manager is closed.
func (m *Manager) serveOn(listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	m.mu.Lock()
	m.servers = append(m.servers, server)
	m.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // until it is closed
}

// rules responds with what leads a new pod to the endpoints there are, as nft reads it.
func (m *Manager) rules(w http.ResponseWriter, r *http.Request) {
	text, err := m.endpointRules(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = fmt.Fprint(w, text) // the client may be gone
}

func (m *Manager) endpointRules(ctx context.Context) (string, error) {
	endpoints, err := m.config.Endpoints(ctx)
	if err != nil || len(endpoints) == 0 {
		return "", err
	}
	var lines []string
	for _, e := range endpoints {
		at := e.inVPC()
		if err := m.offer(at, e.Address.String()); err != nil {
			return "", err
		}
		lines = append(lines, fmt.Sprintf("    ip daddr %s tcp dport %d dnat to %s", e.Address.Addr(), e.Address.Port(), at))
	}
	slices.Sort(lines)
	return "table ip endpoints {\n" +
		"  chain out {\n    type nat hook output priority -100;\n" + strings.Join(slices.Compact(lines), "\n") + "\n  }\n" +
		"  chain back {\n    type nat hook postrouting priority 100;\n    ip saddr 127.0.0.0/8 oifname \"eth0\" masquerade\n  }\n}\n", nil
}
