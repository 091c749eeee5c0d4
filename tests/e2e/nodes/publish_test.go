package nodes

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/internal/localcloud"
)

// balanced are two services for the same pods, each behind a load balancer.
const balanced = `apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: demo}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 8081, targetPort: http}]}
`

// staying is a service that leaves clients' addresses as they are, of a pod that one of two nodes has.
const staying = `apiVersion: v1
kind: Service
metadata: {name: local, namespace: demo}
spec: {type: NodePort, externalTrafficPolicy: Local, selector: {app: client}, ports: [{port: 8080}]}
`

// fromTheMachine reaches services of the types LoadBalancer and NodePort, as long as they are there.
func fromTheMachine(t *testing.T, c *cluster) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(address string) string {
		request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, "http://"+address+"/", http.NoBody)
		if err != nil {
			return err.Error()
		}
		response, err := client.Do(request)
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return string(text)
	}
	var hosts []string
	for _, name := range []string{"one", "other"} {
		c.apply(t, strings.ReplaceAll(balanced, "NAME", name))
		host := ""
		c.eventually(t, "an address", func() bool {
			host = c.jsonpath(t, "{.status.loadBalancer.ingress[0].ip}", "--namespace", "demo", "service", name)
			return host != ""
		})
		c.eventually(t, "an answer through the load balancer", func() bool { return strings.HasPrefix(ask(net.JoinHostPort(host, "8081")), "web-") })
		hosts = append(hosts, host)
	}
	assert.NotEqual(t, hosts[0], hosts[1], "each has an address of its own, so that both can have the port")
	for _, host := range hosts {
		assert.True(t, net.ParseIP(host).IsLoopback(), host)
	}
	port := c.jsonpath(t, "{.spec.ports[0].nodePort}", "--namespace", "demo", "service", "one")
	var have localcloud.Nodes
	c.Platform(t, &have, "local", "node", "list")
	seen := map[string]bool{}
	c.eventually(t, "both replicas by the node port", func() bool {
		seen[ask(net.JoinHostPort(have.NodePorts, port))] = true
		return len(seen) > 1
	})
	c.apply(t, staying)
	local := net.JoinHostPort(have.NodePorts, c.jsonpath(t, "{.spec.ports[0].nodePort}", "--namespace", "demo", "service", "local"))
	c.eventually(t, "a service that stays on its node", func() bool { return strings.TrimSpace(ask(local)) == "client" })
	for range 4 {
		assert.Equal(t, "client", strings.TrimSpace(ask(local)), "whichever node's turn it is")
	}
	c.run(t, "", "kubectl", "--namespace", "demo", "delete", "service", "one", "other", "local")
	c.eventually(t, "it is closed", func() bool { return strings.Contains(ask(net.JoinHostPort(hosts[0], "8081")), "connection refused") })
}
