package stacks

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// workloadsOf runs the program on the settings of workloads in a stack of that name, in an environment with these outputs.
func workloadsOf(stack string, change, outputs map[string]any, opts ...pulumi.RunOption) (*pulumitest.Recorder, error) {
	settings := map[string]any{"kind": "workloads", "environment": "prod"}
	maps.Copy(settings, change)
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	return pulumitest.Record(Run, append(opts, pulumitest.WithStackOutputs(outputs), func(info *pulumi.RunInfo) {
		info.Stack = stack
		info.Config = map[string]string{"aws:region": "us-east-1", settingsKey: string(text)}
	})...)
}

// The ground of the cluster is made by the one provider that reaches it.
func TestWorkloadsPlan(t *testing.T) {
	t.Parallel()
	r, err := workloadsOf("prod-workloads", nil, environmentOutputs())
	require.NoError(t, err)
	provider := r.One(t, "pulumi:providers:kubernetes", "cluster")
	config, ok := provider.Value(t, "kubeconfig").(string)
	require.True(t, ok)
	require.JSONEq(t, `{"apiVersion": "v1", "kind": "Config", "current-context": "cluster",
		"clusters": [{"name": "cluster", "cluster": {"server": "https://api.example", "certificate-authority-data": "Y2E="}}],
		"contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": "cluster"}}],
		"users": [{"name": "cluster", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws",
			"args": ["eks", "get-token", "--cluster-name", "platform-prod-cluster", "--output", "json"]}}}]}`, config)
	components := map[string]bool{}
	for _, made := range r.All() {
		if strings.HasPrefix(made.Type, "kubernetes:") {
			require.Contains(t, made.Provider, "cluster", made.URN)
		}
		if strings.HasPrefix(made.Type, "genericcorp:") {
			components[made.Name+":"+made.Type] = true
		}
	}
	require.Equal(t, []string{"baseline:genericcorp:cluster:Baseline"}, slices.Sorted(maps.Keys(components)))
	require.Len(t, r.OfType("kubernetes:core/v1:Namespace"), 2)
}

func TestWorkloadsAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stack           string
		change, outputs map[string]any
		want            string
		opts            []pulumi.RunOption
	}{
		"another stack": {"dev-workloads", nil, environmentOutputs(),
			"stack dev-workloads has the settings of the workloads of environment prod, whose stack is prod-workloads: one of them is a copy", nil},
		"nothing deployed": {"prod-workloads", nil, map[string]any{"clusterName": "platform-prod-cluster"},
			"environment prod has no output clusterEndpoint, clusterCertificateAuthority, accountId, owner, costCentre, without which stack prod-workloads cannot be deployed", nil},
		"another account": {"prod-workloads", nil, environmentOutputs(),
			"the AWS credentials are of account 111122223333, expected 123456789012, which the output accountId of environment prod says",
			[]pulumi.RunOption{pulumitest.WithAccount("111122223333")}},
		"environment": {"stage-workloads", map[string]any{"environment": "stage"}, environmentOutputs(), `environment: got "stage", expected ` + registered, nil},
		"another kind's key": {"prod-workloads", map[string]any{"network": map[string]any{}}, environmentOutputs(),
			"network: got an unknown key, expected one of kind, environment", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := workloadsOf(c.stack, c.change, c.outputs, c.opts...)
			require.ErrorContains(t, err, c.want)
			require.Empty(t, r.OfType("kubernetes:core/v1:Namespace"))
		})
	}
}
