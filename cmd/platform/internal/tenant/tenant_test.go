package tenant

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/stacks"
)

// What a change writes is what the program reads.
func TestSettingsAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	record := Record{Environment: "prod", Tenant: "acme", Database: "main", Tier: "pro", State: api.StateLimited, PasswordVersion: 3}
	text, err := record.settings("us-east-1")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "Pulumi.prod-tenant-acme.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	settings, err := stacks.LoadFile(file)
	require.NoError(t, err)
	require.Equal(t, "us-east-1", settings.Region)
	require.Equal(t, &stacks.TenantSettings{
		Kind: stacks.KindTenant, Environment: "prod", Tenant: "acme", Database: "main", Tier: "pro", State: "limited", PasswordVersion: 3,
	}, settings.Tenant)
}

func TestRecordIsReadFromTheStacksOutputs(t *testing.T) {
	t.Parallel()
	record, ok := readRecord(map[string]any{
		"environment": "prod", "tenant": "acme", "database": "main", "tier": "pro", "state": "active", "passwordVersion": 2.0, "schemaName": "tenant_acme",
		"roleName": "tenant_acme", "secretArn": "arn:secret", "hostName": "acme.app.genericcorp.example",
	})
	require.True(t, ok)
	require.Equal(t, Record{
		Environment: "prod", Tenant: "acme", Database: "main", Tier: "pro", State: api.StateActive, PasswordVersion: 2, Schema: "tenant_acme",
		Role: "tenant_acme", SecretARN: "arn:secret", HostName: "acme.app.genericcorp.example",
	}, record)
	_, ok = readRecord(map[string]any{})
	require.False(t, ok, "partially created")
}

func TestShowAsksTheProvisionerAndTheBreaker(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateLimited)
	shown, err := tenants.Show(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, api.StateLimited, shown.Tenant.State)
	require.Equal(t, []string{"show", "breaker"}, f.happened)
	require.Equal(t, []string{}, shown.Problems, "an empty list, and not null")
}

func TestTenantThatDoesNotExist(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	var missing *MissingError
	_, err := tenants.Rotate(t.Context(), "acme")
	require.ErrorAs(t, err, &missing)
	require.EqualError(t, err, "environment prod has no tenant \"acme\": `platform tenant list --env prod` shows all")
	_, err = tenants.Archive(t.Context(), "acme")
	require.ErrorAs(t, err, &missing)
	_, err = tenants.Offboard(t.Context(), "acme", false)
	require.ErrorAs(t, err, &missing)
	require.False(t, f.exists)
}
