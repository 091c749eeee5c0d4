package stacks

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withEdge are workloads with the edge before a program that verifies its identities, and the outputs of an environment that has the images.
func withEdge(change map[string]any) (settings, outputs map[string]any) {
	enabled := map[string]any{
		"enabled": true, "proxyImage": "envoy" + someDigest, "countingImage": "ratelimit" + someDigest, "gateImage": "gate" + someDigest,
		"sidecarImage": "edgesidecar" + someDigest, "program": "api", "domain": "app.genericcorp.example", "contact": "help@genericcorp.example",
	}
	maps.Copy(enabled, change)
	outputs = environmentOutputs()
	repositories := map[string]any{}
	for _, image := range []string{"api", "secretfiles", "envoy", "ratelimit", "gate", "edgesidecar"} {
		repositories[image] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/" + image
	}
	outputs["imageRepositories"] = repositories
	return map[string]any{"workloads": map[string]any{
		"secretFilesImage": "secretfiles" + someDigest, "edge": enabled,
		"programs": []any{map[string]any{
			"name": "api", "image": "api" + someDigest, "port": 8080,
			"secrets": []any{map[string]any{"file": "identity-keys.json", "source": "identity"}},
		}},
	}}, outputs
}

// The edge runs where it is enabled, before its program, which has the public keys. The namespace has room for its ports of the nodes.
func TestEdgePlan(t *testing.T) {
	t.Parallel()
	settings, outputs := withEdge(nil)
	r, err := workloadsOf("prod-workloads", settings, outputs)
	require.NoError(t, err)
	require.Len(t, r.OfType("genericcorp:edgepods:EdgePods"), 1)
	const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	in := fmt.Sprint(r.One(t, policyType, "connections-tenants-api").Value(t, "spec.ingress"))
	require.Contains(t, in, "app.kubernetes.io/name:edge-proxy")
	require.Contains(t, in, "port:8080")
	out := fmt.Sprint(r.One(t, policyType, "connections-platform-system-edge-gate").Value(t, "spec.egress"))
	require.Contains(t, out, "10.0.24.0/21")
	require.Contains(t, out, "port:5432")
	require.Contains(t, out, "port:6379")
	require.Contains(t, fmt.Sprint(r.One(t, policyType, "connections-platform-system-edge-counting").Value(t, "spec.egress")), "port:6379")
	proxy := r.One(t, policyType, "connections-platform-system-edge-proxy")
	require.Empty(t, proxy.Value(t, "spec.ingress"), "nobody in the cluster")

	quota := `spec.hard["services.nodeports"]`
	require.Equal(t, "2", r.One(t, "kubernetes:core/v1:ResourceQuota", "baseline-platform-system-quota").Value(t, quota))
	require.Equal(t, "0", r.One(t, "kubernetes:core/v1:ResourceQuota", "baseline-tenants-quota").Value(t, quota))
	keys := r.One(t, "aws:secretsmanager/secretVersion:SecretVersion", "edge-public-keys-version").Value(t, "secretId")
	require.Equal(t, []any{"identity-keys.json=" + fmt.Sprint(keys)}, r.One(t, "kubernetes:apps/v1:Deployment", "api").Value(t, "spec.template.spec.initContainers[0].args"))
	require.Contains(t, fmt.Sprint(r.One(t, "kubernetes:apps/v1:Deployment", "edge-gate").Value(t, "spec.template.spec.containers[0].env")), "db.example")
}

func TestEdgeIsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]map[string]any{
		`workloads.edge.proxyImage: got ""`:                   {"proxyImage": ""},
		`workloads.edge.countingImage: got "ratelimit:main"`:  {"countingImage": "ratelimit:main"},
		`workloads.edge.gateImage: got ""`:                    {"gateImage": ""},
		`workloads.edge.sidecarImage: got ""`:                 {"sidecarImage": ""},
		`workloads.edge.program: got "other", expected the`:   {"program": "other"},
		`workloads.edge.domain: got "", expected`:             {"domain": ""},
		`workloads.edge.contact: got "", expected`:            {"contact": ""},
		"workloads.edge.publicPort: got 0, expected":          {"publicPort": 0},
		"workloads.edge.scale.min: got 1, expected":           {"scale": map[string]any{"min": 1}},
		"workloads.edge.scale.max: got 1, expected":           {"scale": map[string]any{"max": 1}},
		"workloads.edge.resources.memoryMiB: got 64":          {"resources": map[string]any{"memoryMiB": 64}},
		"workloads.edge.signingKeys: got 0 elements":          {"signingKeys": []any{}},
		"workloads.edge.passwordVersion: got 0":               {"passwordVersion": 0},
		`secrets[0].source: got "identity", expected cache, `: {"enabled": false},
	} {
		settings, outputs := withEdge(change)
		_, err := workloadsOf("prod-workloads", settings, outputs)
		assert.ErrorContains(t, err, want)
	}
}
