package tenant

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

func right() *TenantArgs {
	return &TenantArgs{
		Slug: "acme", Tier: "pro", Environment: "prod",
		FunctionName: pulumi.String("platform-prod-us-east-1-provisioner"), SecretsKeyARN: pulumi.String("arn:secrets-key"),
	}
}

func own(t *testing.T, args *TenantArgs) (r *pulumitest.Recorder, hostName string) {
	t.Helper()
	r = pulumitest.Run(t, func(ctx *pulumi.Context) error {
		tenant, err := NewTenant(ctx, "acme", args)
		if err == nil {
			hostName = tenant.HostName
		}
		return err
	})
	return r, hostName
}

func TestHostNameNeedsAZone(t *testing.T) {
	t.Parallel()
	r, hostName := own(t, right())
	require.Empty(t, hostName)
	require.Empty(t, r.OfType("aws:route53/record:Record"))

	args := right()
	args.Domain = &Domain{Name: "genericcorp.example", ZoneID: "Z0123456789ABC"}
	r, hostName = own(t, args)
	require.Equal(t, "acme.app.genericcorp.example", hostName)
	record := r.One(t, "aws:route53/record:Record", "acme")
	for path, want := range map[string]any{
		"name": "acme.app.genericcorp.example", "type": "CNAME", "zoneId": "Z0123456789ABC", "records[0]": "app.genericcorp.example", "ttl": 300.0,
		"allowOverwrite": true,
	} {
		require.Equal(t, want, record.Value(t, path), path)
	}

	args.Domain.Wildcard = true
	r, hostName = own(t, args)
	require.Equal(t, "acme.app.genericcorp.example", hostName)
	require.Empty(t, r.OfType("aws:route53/record:Record"), "it would tell that there is such a tenant")
}

// All that a tenant owns belongs to it, and nothing is protected: its data is guarded by the provisioner, which outlives
// the stack, and its secret by the days in which it is recoverable.
func TestTenantOwnsItsParts(t *testing.T) {
	t.Parallel()
	r, _ := own(t, right())
	types := map[string]int{}
	for _, resource := range r.All() {
		types[resource.Type]++
		require.False(t, resource.Protect, resource.Type)
		if resource.Type != "genericcorp:tenant:Tenant" && resource.Custom {
			require.Contains(t, resource.Parent, "genericcorp:tenant:Tenant")
		}
	}
	require.Equal(t, map[string]int{
		"genericcorp:tenant:Tenant": 1, "genericcorp:schema:Schema": 1, "aws:secretsmanager/secret:Secret": 1,
		"aws:lambda/invocation:Invocation": 1,
	}, types)
}

func TestTenantRefusesAllAtOnce(t *testing.T) {
	t.Parallel()
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewTenant(ctx, "acme", &TenantArgs{
			Slug: "x", Tier: "gold", State: "paused", PasswordVersion: -1, Domain: &Domain{Name: "no domain", ZoneID: "zone"},
		})
		return err
	})
	for _, want := range []string{
		"tenant slug", "tier: got", `state: got "paused"`, "passwordVersion: got -1", "environment", "functionName",
		"secretsKeyArn", `domain.name: got "no domain"`, `domain.zoneId: got "zone"`,
	} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, r.All())
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewTenant(ctx, "acme", nil)
		return err
	})
	require.Error(t, err)
}
