package schema

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func rightSchema() *SchemaArgs {
	return &SchemaArgs{
		Environment: "prod", Tenant: "acme", Tier: "pro",
		FunctionName: pulumi.String("platform-prod-us-east-1-provisioner"), SecretsKeyARN: pulumi.String("arn:secrets-key"),
	}
}

func declare(t *testing.T, args *SchemaArgs) (*pulumitest.Recorder, api.Request) {
	t.Helper()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		s, err := NewSchema(ctx, "acme", args)
		if err == nil {
			require.Equal(t, "tenant_acme", s.SchemaName)
			require.Equal(t, "tenant_acme", s.RoleName)
		}
		return err
	})
	input, ok := r.One(t, "aws:lambda/invocation:Invocation", "acme").Value(t, "input").(string)
	require.True(t, ok)
	for action := range map[string]bool{"create": true, "delete": true} {
		// What the provider adds must make a request that the provisioner takes.
		_, err := api.Parse([]byte(input[:len(input)-1] + `,"tf":{"action":"` + action + `","prev_input":null}}`))
		require.NoError(t, err)
	}
	var request api.Request
	require.NoError(t, json.Unmarshal([]byte(input), &request))
	return r, request
}

func TestSchemaIsDeclaredByInvocation(t *testing.T) {
	t.Parallel()
	r, request := declare(t, rightSchema())
	invocation := r.One(t, "aws:lambda/invocation:Invocation", "acme")
	require.Equal(t, "CRUD", invocation.Value(t, "lifecycleScope"), "else a destroyed stack leaves its tenant behind")
	require.Equal(t, "platform-prod-us-east-1-provisioner", invocation.Value(t, "functionName"))
	require.Equal(t, api.StateActive, request.State)
	require.Equal(t, 1, request.PasswordVersion)
	require.Equal(t, "pro", request.Tier)
	require.Equal(t, 15, request.Limits.Connections)
	require.Equal(t, "arn:aws:secretsmanager:us-east-1:123456789012:acme", request.SecretARN)
}

// A change of tier, state or password version changes the request alone.
func TestSchemaChangesInPlace(t *testing.T) {
	t.Parallel()
	args := rightSchema()
	args.Tier, args.State, args.PasswordVersion = "free", api.StateSuspended, 3
	_, request := declare(t, args)
	require.Equal(t, "free", request.Tier)
	require.Equal(t, 3, request.Limits.Connections)
	require.Equal(t, api.StateSuspended, request.State)
	require.Equal(t, 3, request.PasswordVersion)
}

func TestNoPasswordIsInTheState(t *testing.T) {
	t.Parallel()
	for protected, days := range map[bool]float64{true: 30, false: 0} {
		args := rightSchema()
		args.DeletionProtection = &protected
		r, _ := declare(t, args)
		secret := r.One(t, "aws:secretsmanager/secret:Secret", "acme")
		require.Equal(t, "on-demand", secret.Value(t, "tags.rotation"))
		require.Equal(t, "platform/prod/tenants/acme-", secret.Value(t, "namePrefix"), "the provisioner's permissions begin so")
		require.Equal(t, "arn:secrets-key", secret.Value(t, "kmsKeyId"))
		require.InDelta(t, days, secret.Value(t, "recoveryWindowInDays"), 0)
		require.Empty(t, r.OfType("aws:secretsmanager/secretVersion:SecretVersion"), "the provisioner writes the value")
		require.Empty(t, r.OfType("random:index/randomPassword:RandomPassword"))
	}
}

func TestSchemaRefusesAllAtOnce(t *testing.T) {
	t.Parallel()
	for _, args := range []*SchemaArgs{nil, {Tenant: "Acme", Tier: "gold", State: "paused", PasswordVersion: -1}} {
		r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
			_, err := NewSchema(ctx, "acme", args)
			return err
		})
		for _, want := range []string{"environment", "tenant slug", "tier: got", "functionName", "secretsKeyArn"} {
			require.ErrorContains(t, err, want)
		}
		require.Empty(t, r.All())
		if args != nil {
			require.ErrorContains(t, err, `state: got "paused"`)
			require.ErrorContains(t, err, "passwordVersion: got -1")
		}
	}
}
