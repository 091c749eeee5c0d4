package stacks

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/temporal"
)

var someDigest = "@sha256:" + strings.Repeat("0a", 32)

// withTemporal are workloads with Temporal and a program that calls it, and the outputs of an environment that has the images.
func withTemporal(change map[string]any) (settings, outputs map[string]any) {
	enabled := map[string]any{
		"enabled": true, "serverImage": "temporal-server" + someDigest, "adminToolsImage": "temporal-admin-tools" + someDigest,
		"namespaceImage": "temporalnamespace" + someDigest,
	}
	maps.Copy(enabled, change)
	outputs = environmentOutputs()
	repositories := map[string]any{}
	for _, image := range []string{"api", "secretfiles", "temporal-server", "temporal-admin-tools", "temporalnamespace"} {
		repositories[image] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/" + image
	}
	outputs["imageRepositories"] = repositories
	return map[string]any{"workloads": map[string]any{
		"secretFilesImage": "secretfiles" + someDigest, "temporal": enabled,
		"programs": []any{map[string]any{"name": "api", "image": "api" + someDigest, "port": 8080, "calls": []any{"temporal"}}},
	}}, outputs
}

// Temporal runs where it is enabled, on the environment's database, and who may call it is let in.
func TestTemporalPlan(t *testing.T) {
	t.Parallel()
	settings, outputs := withTemporal(nil)
	r, err := workloadsOf("prod-workloads", settings, outputs)
	require.NoError(t, err)
	require.Len(t, r.OfType("genericcorp:temporal:Temporal"), 1)
	files := r.One(t, "kubernetes:core/v1:ConfigMap", "temporal")
	require.Contains(t, files.Value(t, `data["config.yaml"]`), `connectAddr: "db.example:5432"`)
	authorities, _ := files.Value(t, `data["database-ca.pem"]`).(string)
	require.Equal(t, 3, strings.Count(authorities, "BEGIN CERTIFICATE"), "those of the region")
	in := fmt.Sprint(r.One(t, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "connections-platform-system-temporal").Value(t, "spec.ingress"))
	require.Contains(t, in, "app.kubernetes.io/name:api", "the caller")
	require.NotContains(t, in, "ipBlock", "nobody from outside")
	out := fmt.Sprint(r.One(t, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "connections-tenants-api").Value(t, "spec.egress"))
	require.Contains(t, out, fmt.Sprint(temporal.Port))
}

// What is dropped when it is switched off follows the environment's deletionProtection.
func TestTemporalIsProtectedAsTheEnvironmentIs(t *testing.T) {
	t.Parallel()
	for protected, days := range map[bool]float64{true: 30, false: 0} {
		settings, outputs := withTemporal(nil)
		outputs["deletionProtection"] = protected
		r, err := workloadsOf("prod-workloads", settings, outputs)
		require.NoError(t, err)
		require.Equal(t, days, r.One(t, "aws:secretsmanager/secret:Secret", "temporal").Value(t, "recoveryWindowInDays"))
	}
}

func TestTemporalIsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]map[string]any{
		`workloads.temporal.serverImage: got ""`:                                {"serverImage": ""},
		`workloads.temporal.adminToolsImage: got "`:                             {"adminToolsImage": "temporal-admin-tools:1.32.1"},
		"workloads.temporal.replicas: got 1":                                    {"replicas": 1},
		"workloads.temporal.historyShards: got -1":                              {"historyShards": -1},
		`programs[0].calls[0]: got "temporal", expected database, cache or aws`: {"enabled": false},
	} {
		settings, outputs := withTemporal(change)
		_, err := workloadsOf("prod-workloads", settings, outputs)
		require.ErrorContains(t, err, want)
	}
}
