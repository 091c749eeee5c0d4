package tenant

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

const deploymentType = "kubernetes:apps/v1:Deployment"

// employed is a tenant with a place in a cluster whose tenants have a worker.
func employed() *TenantArgs {
	image := "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/api@sha256:" + strings.Repeat("0a", 32)
	args := placed()
	args.Cluster.Worker = &Worker{
		Image: image, SecretsImage: image, Arguments: []string{"tend"}, Variables: map[string]string{"MODE": "own"},
		Health: workload.Health{Port: 8080}, Resources: workload.Resources{CPUMillicores: 50, MemoryMiB: 64},
	}
	return args
}

// A tenant has the worker that its tier has, in its namespace, as its service account, with its secret and no other.
func TestWorkerOfEachTier(t *testing.T) {
	t.Parallel()
	for _, tier := range tiers.All() {
		args := employed()
		args.Tier = tier.Name
		r, _ := own(t, args)
		if !tier.Worker {
			require.Empty(t, r.OfType(deploymentType), tier.Name)
			continue
		}
		d := r.One(t, deploymentType, "worker")
		const pod = "spec.template.spec."
		checkInputs(t, d, map[string]any{
			"metadata.namespace": "tenant-acme", `metadata.annotations["pulumi.com/skipAwait"]`: "true", "spec.replicas": 1, pod + "serviceAccountName": ServiceAccount,
			pod + "containers[0].args": []any{"tend"}, pod + "containers[0].env": []any{map[string]any{"name": "MODE", "value": "own"}, map[string]any{"name": "TENANT", "value": "acme"}},
			pod + "initContainers[0].args": []any{"tenant-acme.json=arn:aws:secretsmanager:us-east-1:123456789012:acme"},
		})
		for _, before := range []string{"ResourceQuota::acme-quota", "ServiceAccount::acme", "PodIdentityAssociation::acme", "NetworkPolicy::acme-ways"} {
			// Its parts wait for the component itself.
			require.Contains(t, strings.Join(r.One(t, "genericcorp:workload:Workload", "worker").Request.GetDependencies(), " "), before)
		}
		require.Empty(t, r.OfType("aws:iam/role:Role"), "it has that of all tenants' pods")
		require.Len(t, r.OfType("kubernetes:core/v1:ServiceAccount"), 1)
	}
}

// A suspended tenant's worker is kept, without a pod; one that may read works on.
func TestWorkerFollowsTheState(t *testing.T) {
	t.Parallel()
	for state, replicas := range map[api.State]int{api.StateSuspended: 0, api.StateLimited: 1, api.StateActive: 1} {
		args := employed()
		args.State = state
		r, _ := own(t, args)
		checkInputs(t, r.One(t, deploymentType, "worker"), map[string]any{"spec.replicas": replicas})
	}
}

func TestWorkerRefusesAllAtOnce(t *testing.T) {
	t.Parallel()
	args := employed()
	worker := args.Cluster.Worker
	worker.Image, worker.Resources, worker.Variables = "api:latest", workload.Resources{CPUMillicores: 500, MemoryMiB: 1024}, map[string]string{"TENANT": "birch"}
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewTenant(ctx, "acme", args)
		return err
	})
	for _, want := range []string{
		`cluster.worker.image: got "api:latest"`, `cluster.worker.variables: got "TENANT", expected another name`,
		"cluster.worker.resources.cpuLimitMillicores: got 2025, expected so little that two pods", "cluster.worker.resources.memoryMiB: got 1056",
	} {
		require.ErrorContains(t, err, want, fmt.Sprint(err))
	}
}
