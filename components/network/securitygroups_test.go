package network_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	ingressType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressType  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

// rule is who may talk to whom, as the rules of a group say it.
type rule struct {
	group, peer, protocol string
	port                  any
}

func rules(t testing.TB, r *pulumitest.Recorder, ruleType string) []rule {
	t.Helper()
	var list []rule
	for _, res := range r.OfType(ruleType) {
		require.NotEmpty(t, res.Value(t, "description"), res.Name)
		found := rule{group: short(t, res, "securityGroupId")}
		found.protocol, _ = res.Value(t, "ipProtocol").(string)
		if res.Has("referencedSecurityGroupId") {
			require.False(t, res.Has("cidrIpv4"), res.Name)
			found.peer = short(t, res, "referencedSecurityGroupId")
		} else {
			found.peer, _ = res.Value(t, "cidrIpv4").(string)
		}
		if res.Has("fromPort") {
			found.port = res.Value(t, "fromPort")
			require.Equal(t, found.port, res.Value(t, "toPort"), res.Name)
		}
		list = append(list, found)
	}
	return list
}

// short is the group's own part of its id in the recorder.
func short(t testing.TB, res pulumitest.Resource, input string) string {
	t.Helper()
	id, ok := res.Value(t, input).(string)
	require.True(t, ok)
	return strings.TrimSuffix(strings.TrimPrefix(id, "main-"), "-id")
}

const everywhere = "0.0.0.0/0"

func checkRules(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.ElementsMatch(t, []rule{
		{"nodes", "nodes", "-1", nil},
		{"database", "nodes", "tcp", 5433.0},
		{"database", "provisioner", "tcp", 5433.0},
		{"cache", "nodes", "tcp", 6379.0},
	}, rules(t, r, ingressType))
	require.ElementsMatch(t, []rule{
		{"nodes", "nodes", "-1", nil},
		{"nodes", "database", "tcp", 5433.0},
		{"nodes", "cache", "tcp", 6379.0},
		{"nodes", everywhere, "tcp", 443.0},
		{"provisioner", "database", "tcp", 5433.0},
		{"provisioner", everywhere, "tcp", 443.0},
	}, rules(t, r, egressType))
}

func TestEndpointsHearTheNetwork(t *testing.T) {
	t.Parallel()
	args := good()
	args.InterfaceEndpoints = []string{"ecr.api"}
	r, _ := record(t, "main", args)
	require.Contains(t, rules(t, r, ingressType), rule{"endpoints", "10.20.0.0/16", "tcp", 443.0})
	for _, found := range rules(t, r, egressType) {
		require.NotEqual(t, "endpoints", found.group)
	}
}

func checkGroups(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Len(t, r.OfType(groupType), 4)
	for _, group := range r.OfType(groupType) {
		require.NotEmpty(t, group.Value(t, "description"), group.Name)
		require.False(t, group.Has("ingress"), group.Name)
		require.False(t, group.Has("egress"), group.Name)
	}
}
