package cost

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func TestByTenantFlags(t *testing.T) {
	t.Parallel()
	for args, refused := range map[string]string{
		"--by=tenant":                                  "",
		"--by=tenant --month=2026-11 --json":           "",
		"--by=tenant --day=2026-11-03 --env=prod":      "",
		"--bill --month=2026-11 --json":                "",
		"--bill --by=tenant":                           "--bill and --by: name only one of them",
		"--bill --usage=usage.yaml":                    "--bill and --usage: name only one of them",
		"--bill --day=2026-11-03 --month=2026-11":      "--day and --month: name only one of them",
		"--by=region":                                  `--by: got "region", expected tenant`,
		"--by=":                                        `--by: got "", expected tenant`,
		"--month=2026-11":                              "--month: only with --by tenant or --bill",
		"--day=2026-11-03":                             "--day: only with --by tenant or --bill",
		"--by=tenant --day=2026-11-03 --month=2026-11": "--day and --month: name only one of them",
		"--by=tenant --markdown":                       "--by and --markdown: name only one of them",
		"--by=tenant --file=state.json":                "--by and --file: name only one of them",
		"--by=tenant --check":                          "--by and --check: name only one of them",
	} {
		ran := false
		cmd := newCost(&cmdutil.Factory{}, func(context.Context, *options) error {
			ran = true
			return nil
		})
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs(strings.Fields(args))
		err := cmd.Execute()
		if refused == "" {
			require.NoError(t, err, args)
			require.True(t, ran, args)
			continue
		}
		require.ErrorContains(t, err, refused, args)
		require.False(t, ran, args)
	}
}

// A period that cannot be is refused before anything is read.
func TestByTenantRefusesItsPeriodFirst(t *testing.T) {
	t.Parallel()
	o := &options{by: ofTenants, period: cmdutil.Period{Month: "2026-13"}}
	require.EqualError(t, byTenant(t.Context(), o), `--month: got "2026-13", expected a month such as 2026-11`)
}

// fakeEnvironment is one whose provisioner answers on a port; a command that only reads asks for nothing else.
type fakeEnvironment struct {
	tenant.Environment

	endpoint string
}

func (f fakeEnvironment) Name() string { return "prod" }

func (f fakeEnvironment) Outputs(context.Context) (map[string]any, error) {
	return map[string]any{"region": "us-east-1", "provisionerFunctionName": "provisioner"}, nil
}

func (f fakeEnvironment) AWS(_ context.Context, region string) (aws.Config, error) {
	return aws.Config{Region: region, BaseEndpoint: aws.String(f.endpoint), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}, nil
}

// From the provisioner's answers to the table, by the state of a stack.
func TestByTenantFromTheLedger(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var asked []api.Request
	failing := ""
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var request api.Request
		_ = json.NewDecoder(r.Body).Decode(&request)
		asked = append(asked, request)
		if failing == string(request.Action) {
			rw.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(rw, `{"errorMessage": "the database is away"}`)
			return
		}
		response := api.Response{Tenants: []api.Tenant{{Slug: "acme", Tier: "pro"}, {Slug: "quiet", Tier: "free"}}}
		if request.Action == api.ActionUsage {
			response = api.Response{Warnings: []string{"the meter was blind"}, Usage: []api.Usage{{Tenant: "acme", Tier: "pro", BytesOut: 3}, {Tenant: "left", BytesOut: 1}, {Refused: 2}}}
		}
		_ = json.NewEncoder(rw).Encode(response)
	}))
	t.Cleanup(server.Close)
	tenants := &tenant.Tenants{Environment: fakeEnvironment{endpoint: server.URL}}
	span := pricesheet.Span{From: from, To: from.AddDate(0, 1, 0)}
	ledger, err := readLedger(t.Context(), tenants, span)
	require.NoError(t, err)
	require.Len(t, asked, 2)
	require.Equal(t, &api.UsageQuery{From: span.From, To: span.To}, asked[0].Usage)
	require.Equal(t, []string{"the meter was blind"}, ledger.Warnings)

	data, err := os.ReadFile(filepath.Join("..", "internal", "cost", "testdata", "state.json"))
	require.NoError(t, err)
	document, err := cost.Read(data)
	require.NoError(t, err)
	document.Config = map[string]string{"platform:settings": `{"kind": "environment", "environment": "prod", "budget": {"monthlyLimitUsd": 2500}}`}
	now := from.AddDate(0, 0, 10)
	terms, err := document.Terms("", "", now)
	require.NoError(t, err)
	own, err := document.OwnUSD("", now)
	require.NoError(t, err)
	answer, err := cost.PerTenant(document, terms, own, span, ledger, now)
	require.NoError(t, err)
	var names []string
	for _, row := range answer.Rows {
		names = append(names, string(row.Kind)+" "+row.Tenant)
	}
	require.Equal(t, []string{"tenant acme", "gone left", "nobody ", "tenant quiet", "idle ", "platform "}, names)
	require.Contains(t, answer.Text("2026-11 so far"), "\nwarning: the meter was blind")

	var written struct {
		Environment string
		Rows        []struct{ Kind, Tenant, CostUSD string }
		Whole       struct{ CostUSD string }
		Warnings    []string
	}
	text, err := json.Marshal(answer)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &written))
	require.Equal(t, "prod", written.Environment)
	require.Len(t, written.Rows, 6)
	require.Equal(t, answer.Whole.Cost.USD().StringFixed(6), written.Whole.CostUSD)

	for _, action := range []api.Action{api.ActionUsage, api.ActionList} {
		failing = string(action)
		_, err = readLedger(t.Context(), tenants, span)
		require.ErrorContains(t, err, "the database is away")
	}
}
