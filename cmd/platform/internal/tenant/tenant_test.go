package tenant

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/stacks"
)

// What a change writes is what the program reads.
func TestSettingsAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	record := Record{Environment: "prod", Tenant: "acme", Tier: "pro", State: contract.StateLimited, PasswordVersion: 3}
	text, err := record.settings("us-east-1")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "Pulumi.prod-tenant-acme.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	settings, err := stacks.LoadFile(file)
	require.NoError(t, err)
	require.Equal(t, "us-east-1", settings.Region)
	require.Equal(t, &stacks.TenantSettings{
		Kind: stacks.KindTenant, Environment: "prod", Tenant: "acme", Tier: "pro", State: "limited", PasswordVersion: 3,
	}, settings.Tenant)
}

func TestRecordIsReadFromTheStacksOutputs(t *testing.T) {
	t.Parallel()
	record, ok := readRecord(map[string]any{
		"environment": "prod", "tenant": "acme", "tier": "pro", "state": "active", "passwordVersion": 2.0, "schemaName": "tenant_acme",
		"roleName": "tenant_acme", "secretArn": "arn:secret", "budgetName": "acme-1", "hostName": "acme.app.genericcorp.example",
	})
	require.True(t, ok)
	require.Equal(t, Record{
		Environment: "prod", Tenant: "acme", Tier: "pro", State: contract.StateActive, PasswordVersion: 2, Schema: "tenant_acme",
		Role: "tenant_acme", SecretARN: "arn:secret", Budget: "acme-1", HostName: "acme.app.genericcorp.example",
	}, record)
	_, ok = readRecord(map[string]any{})
	require.False(t, ok, "half made")
}

func TestBudgetsAreFoundByTheirTag(t *testing.T) {
	t.Parallel()
	budget := func(values ...string) types.Budget {
		return types.Budget{CostFilters: map[string][]string{"TagKeyValue": values}} //nolint:staticcheck // what the provider makes budgets with
	}
	slug, ok := watched(budget("user:tenant$acme"))
	require.True(t, ok)
	require.Equal(t, "acme", slug)
	for _, other := range []types.Budget{{}, budget(), budget("user:owner$acme"), budget("user:tenant$acme", "user:tenant$birch")} {
		_, ok := watched(other)
		require.False(t, ok)
	}
}

// fakeEnvironment has a provisioner that always gives the same answer.
type fakeEnvironment struct {
	outputs  map[string]any
	endpoint string
}

func (fakeEnvironment) Name() string { return "prod" }

func (e fakeEnvironment) Outputs(context.Context) (map[string]any, error) { return e.outputs, nil }

func (fakeEnvironment) Open(context.Context, string, bool) (*Opened, error) { return nil, ErrNoStack }

func (e fakeEnvironment) AWS(_ context.Context, region string) (aws.Config, error) {
	return aws.Config{Region: region, BaseEndpoint: aws.String(e.endpoint), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}, nil
}

func (fakeEnvironment) Follow(operate func(func(apitype.EngineEvent)) error) (progress.Snapshot, error) {
	return progress.Snapshot{}, operate(func(apitype.EngineEvent) {})
}

// provisioner is an environment whose provisioner answers so; what it was asked is written to asked.
func provisioner(t *testing.T, asked *string, answer func(http.ResponseWriter)) *Tenants {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked += r.URL.Path + " " + string(body) + "\n"
		answer(w)
	}))
	t.Cleanup(server.Close)
	return &Tenants{Environment: fakeEnvironment{endpoint: server.URL, outputs: map[string]any{
		"region": "us-east-1", "accountId": "123456789012", "provisionerFunctionName": "platform-prod-provisioner",
	}}}
}

func TestShowAsksTheProvisionerOnce(t *testing.T) {
	t.Parallel()
	var asked string
	tenants := provisioner(t, &asked, func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"tenant":{"slug":"acme","tables":7}}`) })
	response, err := tenants.Show(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, 7, response.Tenant.Tables)
	require.Equal(t, "/2015-03-31/functions/platform-prod-provisioner/invocations {\"action\":\"show\",\"tenant\":\"acme\"}\n", asked)
}

func TestRefusalTellsTheProvisionersCause(t *testing.T) {
	t.Parallel()
	var asked string
	tenants := provisioner(t, &asked, func(w http.ResponseWriter) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = io.WriteString(w, `{"errorMessage":"the database is stopping","errorType":"wrapError"}`)
	})
	_, err := tenants.Archive(t.Context(), "acme")
	require.EqualError(t, err, "the provisioner could not archive: the database is stopping")
	require.Equal(t, 1, strings.Count(asked, "\n"), "asked once: an archive may still be written")
}

func TestEnvironmentWithoutProvisionerIsToldSo(t *testing.T) {
	t.Parallel()
	var asked string
	tenants := provisioner(t, &asked, func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"Message":"no such function"}`)
	})
	_, err := tenants.Show(t.Context(), "acme")
	require.ErrorContains(t, err, "environment prod has no provisioner platform-prod-provisioner: deploy it")

	tenants.Environment = fakeEnvironment{outputs: map[string]any{}}
	tenants.outputs = nil
	_, err = tenants.Show(t.Context(), "acme")
	require.ErrorContains(t, err, "environment prod has no output provisionerFunctionName: deploy it first")
}

func TestTenantThatDoesNotExist(t *testing.T) {
	t.Parallel()
	var asked string
	tenants := provisioner(t, &asked, func(http.ResponseWriter) {})
	var missing *MissingError
	_, err := tenants.Rotate(t.Context(), "acme")
	require.ErrorAs(t, err, &missing)
	report, err := tenants.Offboard(t.Context(), "acme", false)
	require.NoError(t, err, "there is nothing to remove")
	require.Empty(t, report.Changes)
	require.Empty(t, asked)
}
