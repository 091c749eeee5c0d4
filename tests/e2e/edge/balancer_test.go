package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// balancer is the load balancer, as clients see it.
type balancer struct {
	address string         // where it listens
	roots   *x509.CertPool // the local cloud's authority alone
	client  *http.Client   // speaks HTTP/1.1
}

// listeners are the TLS listeners of load balancers.
func (e environment) listeners(t testing.TB) (have localcloud.Listeners) {
	t.Helper()
	e.Platform(t, &have, "local", "trust")
	return have
}

func (e environment) findBalancer(t testing.TB) *balancer {
	t.Helper()
	have := e.listeners(t)
	require.Len(t, have.Listeners, 1)
	require.Equal(t, "*."+domain, have.Listeners[0].Name)
	authority, err := os.ReadFile(have.CAFile)
	require.NoError(t, err)
	b := &balancer{address: have.Listeners[0].Address, roots: x509.NewCertPool()}
	require.True(t, b.roots.AppendCertsFromPEM(authority))
	first := new(http.Protocols)
	first.SetHTTP1(true)
	b.client = b.speaking(first)
	return b
}

// trusting is what a careful client's connections are like.
func (b *balancer) trusting() *tls.Config {
	return &tls.Config{RootCAs: b.roots, ServerName: "acme." + domain, MinVersion: tls.VersionTLS12}
}

// speaking is a client whose requests go to the load balancer, whichever host they are for.
func (b *balancer) speaking(protocols *http.Protocols) *http.Client {
	return newClient(&http.Transport{
		Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: b.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, b.address)
		},
	})
}

// shakeHands opens a TLS connection, and closes it.
func (b *balancer) shakeHands(t testing.TB, config *tls.Config) error {
	t.Helper()
	connection, err := (&tls.Dialer{Config: config}).DialContext(testcloud.Context(t), "tcp", b.address)
	if err != nil {
		return err
	}
	return connection.Close()
}

// clients shows who gets a connection: whoever speaks TLS 1.2 or 1.3, and for which names. It carries HTTP/1.1 and HTTP/2.
func clients(t *testing.T, e environment) {
	b := e.balancer
	for want, set := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) }, "HTTP/2.0": func(p *http.Protocols) { p.SetHTTP2(true) },
	} {
		protocols := new(http.Protocols)
		set(protocols)
		got := ask(t, b.speaking(protocols), "https://"+host("acme")+sampleapi.PathNotes, host("acme"), nil)
		require.NoError(t, got.err, want)
		assert.Equal(t, http.StatusOK, got.status, want)
		assert.Equal(t, want, got.protocol)
		assert.Contains(t, got.body, `"notes"`)
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		only := b.trusting()
		only.MinVersion, only.MaxVersion = version, version
		require.NoError(t, b.shakeHands(t, only), tls.VersionName(version))
	}
	old := b.trusting()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	require.ErrorContains(t, b.shakeHands(t, old), "remote error: tls: protocol version not supported")

	for _, name := range []string{"acme.genericcorp.localhost", domain, "a.acme." + domain, "localhost"} {
		foreign := b.trusting()
		foreign.ServerName = name
		var refused x509.HostnameError
		require.ErrorAs(t, b.shakeHands(t, foreign), &refused, name)
	}
	strange := b.trusting()
	strange.RootCAs = x509.NewCertPool()
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, b.shakeHands(t, strange), &unknown)

	plain := ask(t, newClient(&http.Transport{}), "http://"+b.address+sampleapi.PathNotes, host("acme"), nil)
	require.Error(t, plain.err, "without TLS")
}

// targets shows that the load balancer sends connections to the nodes with a ready proxy, and to no other.
func targets(t *testing.T, e environment) {
	states := slices.Sorted(maps.Values(e.targetsFollow(t)))
	t.Logf("%v", states)
	assert.Len(t, states, len(e.nodes(t)))
	assert.GreaterOrEqual(t, len(slices.DeleteFunc(states, func(state string) bool { return state != "healthy" })), 2)
}

func (e environment) nodes(t testing.TB) []localcloud.Node {
	t.Helper()
	var have localcloud.Nodes
	e.Platform(t, &have, "local", "node", "list")
	return have.Nodes
}

// targetsFollow waits until exactly those nodes are healthy targets that a ready proxy is on, and gives all states, by instance.
func (e environment) targetsFollow(t testing.TB) (states map[string]string) {
	t.Helper()
	nodes := e.nodes(t)
	eventually(t, "the targets are as the proxies", func() bool {
		states = e.targetStates(t)
		return maps.Equal(e.statesOf(t, nodes), states)
	})
	return states
}

// targetStates is what the load balancer says.
func (e environment) targetStates(t testing.TB) map[string]string {
	t.Helper()
	group := observe.ELB(t, e.Cloud, "DescribeTargetGroups").FindElement("//TargetGroupArn").Text()
	states := map[string]string{}
	for _, target := range observe.ELB(t, e.Cloud, "DescribeTargetHealth", "TargetGroupArn", group).FindElements("//TargetHealthDescriptions/member") {
		states[target.FindElement("Target/Id").Text()] = target.FindElement("TargetHealth/State").Text()
	}
	return states
}

// statesOf is what the cluster says.
func (e environment) statesOf(t testing.TB, nodes []localcloud.Node) map[string]string {
	t.Helper()
	proxies := e.kubectl(t, "get", "endpointslices", "--namespace", system, "--selector", "kubernetes.io/service-name="+proxy,
		"--output", `jsonpath={range .items[*].endpoints[*]}{.nodeName} {.conditions.ready}{"\n"}{end}`)
	states := map[string]string{}
	for _, node := range nodes {
		states[node.Instance] = "unhealthy"
		if strings.Contains(proxies, node.Name+" true") {
			states[node.Instance] = "healthy"
		}
	}
	return states
}
