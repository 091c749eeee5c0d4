package tenant

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

const podsRole = "arn:aws:iam::123456789012:role/bounded/tenants-pods-1a2b3c4"

// placed is a tenant with a place in the cluster.
func placed() *TenantArgs {
	args := right()
	args.Cluster = &Cluster{Name: "platform-prod-cluster", Region: "us-east-1", DatabaseCIDRs: []string{"10.0.24.0/21", "10.0.56.0/21"}, DatabasePort: 5432,
		PodsRoleARN: podsRole}
	return args
}

func checkInputs(t testing.TB, r pulumitest.Resource, inputs map[string]any) {
	t.Helper()
	for path, want := range inputs {
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(r.Value(t, path)), "%s of %s", path, r.URN)
	}
}

// All that a tenant's pods get is its tier's.
func TestPlaceOfEachTier(t *testing.T) {
	t.Parallel()
	for _, tier := range tiers.All() {
		args := placed()
		args.Tier = tier.Name
		r, _ := own(t, args)
		cpu, memory := fmt.Sprintf("%dm", tier.Limits.CPUMillicores), fmt.Sprintf("%dMi", tier.Limits.MemoryMiB)
		checkInputs(t, r.One(t, "kubernetes:core/v1:ResourceQuota", "acme-quota"), map[string]any{"metadata.namespace": "tenant-acme", "spec.hard": map[string]any{
			"requests.cpu": cpu, "limits.cpu": cpu, "requests.memory": memory, "limits.memory": memory, "pods": fmt.Sprint(tier.Limits.Pods),
			"requests.storage": "0", "persistentvolumeclaims": "0", "services.loadbalancers": "0", "services.nodeports": "0",
		}})
		checkInputs(t, r.One(t, "kubernetes:core/v1:LimitRange", "acme-limits"), map[string]any{
			"metadata.namespace": "tenant-acme", "spec.limits[0].type": "Container", "spec.limits[0].max": map[string]any{"cpu": cpu, "memory": memory},
			"spec.limits[0].default":        map[string]any{"cpu": fmt.Sprintf("%dm", tier.Limits.CPUMillicores/2), "memory": fmt.Sprintf("%dMi", tier.Limits.MemoryMiB/2)},
			"spec.limits[0].defaultRequest": map[string]any{"cpu": fmt.Sprintf("%dm", tier.Limits.CPUMillicores/10), "memory": fmt.Sprintf("%dMi", tier.Limits.MemoryMiB/4)},
		})
	}
}

// The pods are confined, called by nobody, and reach cluster DNS, the tenant's database, their role's credentials and AWS.
func TestPlaceIsClosed(t *testing.T) {
	t.Parallel()
	r, _ := own(t, placed())
	namespace := r.One(t, "kubernetes:core/v1:Namespace", "acme")
	checkInputs(t, namespace, map[string]any{
		"metadata.name": "tenant-acme", `metadata.labels["pod-security.kubernetes.io/enforce"]`: "restricted", `metadata.labels["genericcorp.example/tenant"]`: "acme",
	})
	const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	require.Len(t, r.OfType(policyType), 3)
	for _, policy := range r.OfType(policyType) {
		require.False(t, policy.Has("spec.ingress"), "nobody is let in")
		checkInputs(t, policy, map[string]any{"metadata.namespace": "tenant-acme", "spec.podSelector": map[string]any{}})
	}
	port := func(n float64) []any { return []any{map[string]any{"protocol": "TCP", "port": n}} }
	require.Equal(t, []any{
		map[string]any{"ports": port(80), "to": []any{map[string]any{"ipBlock": map[string]any{"cidr": "169.254.170.23/32"}}}},
		map[string]any{"ports": port(443), "to": []any{map[string]any{"ipBlock": map[string]any{
			"cidr": "0.0.0.0/0", "except": []any{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"},
		}}}},
		map[string]any{"ports": port(5432), "to": []any{
			map[string]any{"ipBlock": map[string]any{"cidr": "10.0.24.0/21"}}, map[string]any{"ipBlock": map[string]any{"cidr": "10.0.56.0/21"}},
		}},
	}, r.One(t, policyType, "acme-ways").Value(t, "spec.egress"))
}

// The tenant's pods get the role of all tenants' pods, and the tenant has no role of its own.
func TestRoleOfThePods(t *testing.T) {
	t.Parallel()
	r, _ := own(t, placed())
	checkInputs(t, r.One(t, "kubernetes:core/v1:ServiceAccount", "acme"), map[string]any{
		"metadata.name": "tenant", "metadata.namespace": "tenant-acme", "automountServiceAccountToken": false,
	})
	checkInputs(t, r.One(t, "aws:eks/podIdentityAssociation:PodIdentityAssociation", "acme"), map[string]any{
		"clusterName": "platform-prod-cluster", "namespace": "tenant-acme", "serviceAccount": "tenant", "roleArn": podsRole,
	})
	require.Empty(t, r.OfType("aws:iam/role:Role"))
}

// All tenants' pods share a role, in which each reads the secret of its namespace.
func TestPods(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewPods(ctx, &PodsArgs{
			Environment: "prod", Region: "us-east-1", AccountID: pulumitest.Account, ClusterName: pulumi.String("platform-prod-cluster"), SecretsKeyARN: pulumi.String("arn:secrets-key"),
		})
		return err
	})
	trust := r.One(t, "aws:iam/role:Role", "tenants-pods").Value(t, "assumeRolePolicy")
	for _, condition := range []string{
		`"aws:RequestTag/eks-cluster-name":["platform-prod-cluster"]`, `"StringLike":{"aws:RequestTag/kubernetes-namespace":["tenant-*"]}`,
		`"aws:RequestTag/kubernetes-service-account":["tenant"]`,
	} {
		require.Contains(t, trust, condition)
	}
	require.Equal(t, `{"Statement":[{"Action":["secretsmanager:GetSecretValue"],"Condition":{"StringEquals":{"aws:ResourceTag/kubernetes-namespace":["${aws:PrincipalTag/kubernetes-namespace}"]}},`+
		`"Effect":"Allow","Resource":["arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/prod/tenants/*"],"Sid":"ReadTheNamespacesSecret"},`+
		`{"Action":["kms:Decrypt"],"Condition":{"StringEquals":{"kms:ViaService":["secretsmanager.us-east-1.amazonaws.com"]}},"Effect":"Allow","Resource":["arn:secrets-key"],"Sid":"DecryptSecrets"}],`+
		`"Version":"2012-10-17"}`, r.One(t, "aws:iam/rolePolicy:RolePolicy", "tenants-pods").Value(t, "policy"))

	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewPods(ctx, &PodsArgs{Region: "nowhere"})
		return err
	})
	for _, want := range []string{"environment: got", `region: got "nowhere"`, "accountId: got", "clusterName: got", "secretsKeyArn: got"} {
		require.ErrorContains(t, err, want)
	}
}

// A suspended tenant runs nothing; one that only reads runs what it ran.
func TestSuspendedTenantHasNoPods(t *testing.T) {
	t.Parallel()
	for state, pods := range map[api.State]string{api.StateSuspended: "0", api.StateLimited: "10", api.StateActive: "10"} {
		args := placed()
		args.State = state
		r, _ := own(t, args)
		checkInputs(t, r.One(t, "kubernetes:core/v1:ResourceQuota", "acme-quota"), map[string]any{"spec.hard.pods": pods})
	}
}

// What is in the namespace comes after it, it comes after the tenant's home in the database, and all of it is the tenant's.
func TestPlaceBelongsToTheTenant(t *testing.T) {
	t.Parallel()
	r, _ := own(t, placed())
	made := 0
	for _, resource := range r.All() {
		if !strings.HasPrefix(resource.Type, "kubernetes:") {
			continue
		}
		made++
		require.Contains(t, resource.Parent, "genericcorp:tenant:Tenant")
		if resource.Has("metadata.namespace") {
			require.Contains(t, fmt.Sprint(resource.Request.GetDependencies()), "Namespace::acme", resource.Name)
		}
	}
	require.Equal(t, 7, made)
	before := fmt.Sprint(r.One(t, "kubernetes:core/v1:Namespace", "acme").Request.GetDependencies())
	require.Contains(t, before, "Invocation::acme", "the home in the database comes first")
	r, _ = own(t, right())
	require.Empty(t, r.OfType("kubernetes:core/v1:Namespace"), "without a cluster")
}

func TestPlaceRefusesAllAtOnce(t *testing.T) {
	t.Parallel()
	args := right()
	args.Cluster = &Cluster{Region: "nowhere", DatabaseCIDRs: []string{"10.0.0.1/8"}}
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewTenant(ctx, "acme", args)
		return err
	})
	for _, want := range []string{`cluster.name: got ""`, `cluster.region: got "nowhere"`, `cluster.databaseCidrs[0]: got "10.0.0.1/8"`, "cluster.databasePort: got 0", `cluster.podsRoleArn: got ""`} {
		require.ErrorContains(t, err, want)
	}
}
