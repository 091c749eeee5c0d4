package workload

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// One declaration opens both ends of a connection, and nothing else.
func TestConnections(t *testing.T) {
	t.Parallel()
	edge, service := Peer{Namespace: "platform-system", Workload: "edge"}, Peer{Namespace: "tenants", Workload: "api"}
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewConnections(ctx, "connections", &ConnectionsArgs{Connections: []Connection{
			{From: edge, To: service, Port: 8080},
			{From: service, To: Peer{CIDRs: []string{"10.0.64.0/22", "10.0.68.0/22"}}, Port: 5432},
		}})
		return err
	})
	made := r.OfType(policyType)
	require.Len(t, made, 2, "one for each workload, none for what is outside")
	peer := func(namespace, workload string) map[string]any {
		return map[string]any{
			"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": namespace}},
			"podSelector":       map[string]any{"matchLabels": map[string]any{LabelName: workload}},
		}
	}
	port := func(n float64) []any { return []any{map[string]any{"protocol": "TCP", "port": n}} }
	require.Equal(t, map[string]any{
		"podSelector": map[string]any{"matchLabels": map[string]any{LabelName: "edge"}}, "policyTypes": []any{"Ingress", "Egress"}, "ingress": []any{},
		"egress": []any{map[string]any{"to": []any{peer("tenants", "api")}, "ports": port(8080)}},
	}, r.One(t, policyType, "connections-platform-system-edge").Value(t, "spec"))
	require.Equal(t, map[string]any{
		"podSelector": map[string]any{"matchLabels": map[string]any{LabelName: "api"}}, "policyTypes": []any{"Ingress", "Egress"},
		"ingress": []any{map[string]any{"from": []any{peer("platform-system", "edge")}, "ports": port(8080)}},
		"egress": []any{map[string]any{"ports": port(5432), "to": []any{
			map[string]any{"ipBlock": map[string]any{"cidr": "10.0.64.0/22"}}, map[string]any{"ipBlock": map[string]any{"cidr": "10.0.68.0/22"}},
		}}},
	}, r.One(t, policyType, "connections-tenants-api").Value(t, "spec"))
	for _, policy := range made {
		require.Equal(t, policy.Value(t, "spec.podSelector.matchLabels"), map[string]any{LabelName: policy.Value(t, "metadata.name")})
	}
	require.Equal(t, []any{"platform-system/edge -> tenants/api:8080", "tenants/api -> [10.0.64.0/22 10.0.68.0/22]:5432"},
		r.One(t, "genericcorp:workload:Connections", "connections").Value(t, "connections"))
	r.RequireBelow(t, "genericcorp:workload:Connections")
}

func TestBadConnections(t *testing.T) {
	t.Parallel()
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewConnections(ctx, "connections", &ConnectionsArgs{Connections: []Connection{
			{From: AWS, To: Peer{}, Port: 0},
			{From: Peer{Namespace: "a", Workload: "b"}, To: Peer{CIDRs: []string{"10.0.0.1/8"}, Except: []string{"x"}, Workload: "b"}, Port: 65536},
		}})
		return err
	})
	for _, want := range []string{
		"connections[0].from: got [0.0.0.0/0], expected a workload", "connections[0].to.namespace", "connections[0].to.workload", "connections[0].port: got 0",
		`connections[1].to.cidrs[0]: got "10.0.0.1/8"`, `connections[1].to.except[0]: got "x"`, `connections[1].to.workload: got "b"`, "connections[1].port: got 65536",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, r.All())
	pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewConnections(ctx, "connections", nil)
		return err
	})
}
