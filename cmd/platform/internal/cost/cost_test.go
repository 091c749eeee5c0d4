package cost

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/policies/policyconfig"
)

var update = flag.Bool("update", false, "write the golden files again")

var today = time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC)

// fixture reads a document and the terms in it.
func fixture(t testing.TB, name string) (Document, policyconfig.Config) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	d, err := Read(data)
	require.NoError(t, err)
	return d, termsOf(t, `{"kind": "environment", "environment": "prod", "budget": {"monthlyLimitUsd": 2500}}`)
}

func termsOf(t testing.TB, settings string) policyconfig.Config {
	t.Helper()
	got, err := policyconfig.Read(func(key string) string { return map[string]string{policyconfig.SettingsKey: settings}[key] }, today)
	require.NoError(t, err)
	return got
}

// The forms in which a preview's cost is told, as a person reads them.
func TestForms(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "preview.json")
	s := State(d, terms, today)
	page, err := s.HTML()
	require.NoError(t, err)
	document, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	for name, got := range map[string]string{
		"preview.txt": s.Text(false), "preview-all.txt": s.Text(true), "preview.md": s.Markdown(), "preview.html": page, "preview.json.golden": string(document),
	} {
		file := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), got, "%s: go test -update writes it again", name)
	}
}

// A preview tells the same difference as its own states before and after, and as the state that it was made on.
func TestDifferences(t *testing.T) {
	t.Parallel()
	preview, terms := fixture(t, "preview.json")
	state, _ := fixture(t, "state.json")
	told := State(preview, terms, today)
	assert.Equal(t, "prod", told.Stack)
	assert.Equal(t, "483.75", told.Change.Delta.Round(2).String())
	assert.Equal(t, told.Change, told.Against(state, preview, terms).Change)
	assert.True(t, State(state, terms, today).Total.Equal(told.Change.Before))
	assert.Nil(t, State(state, terms, today).Change)

	what := map[string]string{}
	for _, m := range told.Change.Movers {
		what[m.Name] = m.What + " " + signed(m.Delta)
	}
	assert.Equal(t, map[string]string{
		"cache-group": "changed +218.42", "database-instance": "changed +160.60", "cluster-batch": "added +127.14", "network-logs": "removed -22.40",
	}, what)
}

// A first deployment adds everything.
func TestFirstDeployment(t *testing.T) {
	t.Parallel()
	d, err := Read([]byte(`{"steps": [{"op": "create", "newState": {
		"urn": "urn:pulumi:prod::platform::aws:ec2/natGateway:NatGateway::nat", "type": "aws:ec2/natGateway:NatGateway", "custom": true, "inputs": {}}}]}`))
	require.NoError(t, err)
	s := State(d, termsOf(t, `{"environment": "prod"}`), today)
	require.NotNil(t, s.Change)
	assert.Equal(t, "42.75", s.Change.Delta.String())
	require.Len(t, s.Change.Movers, 1, "the account's own usage is there before and after")
}

// Nothing to price is not the same as a stack that costs nothing.
func TestPreviewWithoutResources(t *testing.T) {
	t.Parallel()
	for _, steps := range []string{`[]`, `[{}]`, `[{"op": "create"}]`} {
		_, err := Read([]byte(`{"steps": ` + steps + `}`))
		require.ErrorContains(t, err, "there is nothing to price", steps)
	}
}

// Two stacks of one shape differ by nothing, whatever their names.
func TestStacksAreComparedByWhatIsInThem(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/state.json")
	require.NoError(t, err)
	prod, terms := fixture(t, "state.json")
	dev, err := Read([]byte(strings.ReplaceAll(string(data), "urn:pulumi:prod:", "urn:pulumi:dev:")))
	require.NoError(t, err)
	assert.Equal(t, "dev", dev.Stack)
	assert.Empty(t, State(prod, terms, today).Against(dev, prod, terms).Change.Movers)
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	d, _ := fixture(t, "preview.json")
	for settings, want := range map[string]Verdict{
		`{"environment": "prod"}`:                                      {Within, "Within the limit: USD 1260.46 a month with 500 tenants, support and tax, USD 1239.54 below USD 2500.00."},
		`{"environment": "prod", "budget": {"monthlyLimitUsd": 1560}}`: {Within, "Within the limit: USD 1260.46 a month with 500 tenants, support and tax, USD 299.54 below USD 1560.00."},
		`{"environment": "prod", "budget": {"monthlyLimitUsd": 1470}}`: {Near, "Within the limit of USD 1470.00, but at its largest it would cost USD 1550.59 a month."},
		`{"environment": "prod", "budget": {"monthlyLimitUsd": 1380}}`: {Near, "Close to the limit: USD 1260.46 a month with 500 tenants, support and tax, 91 % of USD 1380.00."},
		`{"environment": "prod", "budget": {"monthlyLimitUsd": 1250}}`: {Refused, "Refused: USD 1260.46 a month with 500 tenants, support and tax, USD 10.46 over the limit of USD 1250.00."},
		`{"kind": "tenant", "environment": "prod", "tier": "free"}`:    {Refused, "Refused: USD 949.52 a month, USD 949.02 over the limit of USD 0.50."},
		`{"environment": "prod", "budget": {"monthlyLimitUsd": 2600}}`: {Refused, "Refused: budget.monthlyLimitUsd asks for USD 2600.00 and no approval goes beyond USD 2500.00."},
	} {
		assert.Equal(t, want, State(d, termsOf(t, settings), today).Verdict, settings)
	}
	d.After[len(d.After)-1].Type = "aws:redshift/cluster:Cluster"
	s := State(d, termsOf(t, `{"environment": "prod"}`), today)
	assert.Equal(t, Refused, s.Verdict.Level)
	assert.Contains(t, s.Verdict.Text, "incomplete: one value has no price")
	assert.Contains(t, s.Text(false), "Without a price:\n  Cluster cache-group: no price is known for this resource type")
	stale := State(d, termsOf(t, `{"environment": "prod"}`), today.AddDate(0, 6, 0))
	assert.Contains(t, stale.Text(false), "Warning: the price catalogue was checked")
}

// The bill shows today's tenants when their number is known, and what support and tax add.
func TestBills(t *testing.T) {
	t.Parallel()
	d, _ := fixture(t, "preview.json")
	s := State(d, termsOf(t, `{"environment": "prod", "budget": {"support": "business-plus", "taxPercent": 8}, "provisioner": {"schemaCeiling": 40}}`), today)
	assert.Nil(t, s.Bills.Today)
	assert.Contains(t, s.Text(false), "total                       unknown          1213.06         1554.60")
	s = s.WithTenants(12)
	assert.Contains(t, s.Text(false), "THE WHOLE BILL              TODAY, 12 TENANTS  WITH 40 TENANTS  AT ITS LARGEST")
	assert.Contains(t, s.Text(false), "tenants, at most 0.50 each               6.00            20.00           20.00")
	assert.Contains(t, s.Markdown(), "| support plan business-plus | ")
	page, err := s.HTML()
	require.NoError(t, err)
	assert.Contains(t, page, "<td>tax of 8 %</td>")
}

// Another tenant is refused where the bill with all of them would pass the limit, in numbers.
func TestAfford(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/state.json")
	require.NoError(t, err)
	var state struct {
		Deployment struct{ Resources []apitype.ResourceV3 }
	}
	require.NoError(t, json.Unmarshal(data, &state))
	file := filepath.Join(t.TempDir(), "Pulumi.prod.yaml")
	settings := "config:\n  platform:settings: {kind: environment, environment: prod, budget: {monthlyLimitUsd: 600, support: business-plus}}\n"
	require.NoError(t, os.WriteFile(file, []byte(settings), 0o600))
	require.NoError(t, Afford(state.Deployment.Resources, file, 47, today))
	require.EqualError(t, Afford(state.Deployment.Resources, file, 48, today), "the environment cannot pay for another tenant: with 48 tenants, "+
		"at most USD 0.50 each, its bill would be USD 600.27 a month (environment 526.71, tenants 24.00, support 49.56, tax 0.00) and the limit is "+
		"USD 600.00 (budget.monthlyLimitUsd): make the environment smaller, offboard a tenant, or get a higher limit approved")
	require.ErrorContains(t, Afford(state.Deployment.Resources, "", 1, today), "nothing says what the limit of stack prod is")
}

func TestSharesAddUp(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "preview.json")
	s := State(d, terms, today)
	total, share := decimal.Zero, decimal.Zero
	for _, p := range s.Parts {
		sum := decimal.Zero
		for _, item := range p.Items {
			sum = sum.Add(item.Total)
		}
		assert.True(t, sum.Equal(p.Total), p.Name)
		total, share = total.Add(p.Total), share.Add(p.Share)
	}
	assert.True(t, total.Equal(s.Total))
	assert.InDelta(t, 100, share.InexactFloat64(), 0.05)
	assert.True(t, s.Headroom.Add(s.Bills.Ceiling.Total).Equal(s.Limit))
}

// A resource's name may be anything: it never becomes markup, a row, or a mention of somebody.
func TestNamesAreNoMarkup(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "preview.json")
	for i := range d.After {
		d.After[i].Name = "<script>alert(1)</script>|`@everyone`\n| x"
	}
	s := State(d, terms, today)
	page, err := s.HTML()
	require.NoError(t, err)
	assert.NotContains(t, page, "<script>")
	for line := range strings.Lines(s.Markdown()) {
		assert.NotContains(t, line, "`@everyone`")
		assert.False(t, strings.HasPrefix(line, "| x"), line)
	}
	s.Assumed = []string{"@everyone <b>"}
	assert.Contains(t, s.Markdown(), "- &#64;everyone &lt;b&gt;")
}

// The page loads nothing from anywhere.
func TestPageNeedsNothingElse(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "preview.json")
	page, err := State(d, terms, today).HTML()
	require.NoError(t, err)
	for _, outside := range []string{"http:", "https:", "src=", "href=", "url(", "@import", "<script"} {
		assert.NotContains(t, page, outside)
	}
}

func TestDocumentsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "not a JSON document",
		"[]":                     "not a JSON document",
		"{}":                     "expected the output of `pulumi preview --json --show-sames` or of `pulumi stack export`",
		`{"deployment": 7}`:      "read the state",
		`{"steps": [{"op": 7}]}`: "not a JSON document",
		`{"steps": [], "changeSummary": {"same": 3}}`: "the preview leaves out what does not change (3 resources), so that no total can be told: preview again with --show-sames",
	} {
		_, err := Read([]byte(text))
		assert.ErrorContains(t, err, want, text)
	}
}

// No document makes reading or pricing panic.
func TestNoDocumentPanics(t *testing.T) {
	t.Parallel()
	terms := termsOf(t, "")
	data, err := os.ReadFile("testdata/preview.json")
	require.NoError(t, err)
	lines := strings.Split(string(data), "\n")
	rapid.Check(t, func(t *rapid.T) {
		cut := strings.Join(lines, "\n")
		for range rapid.IntRange(1, 3).Draw(t, "edits") {
			old := rapid.SampledFrom([]string{`"m7g.large"`, `"m7g.xlarge"`, `true`, `200`, `"8a7d"`, `"aws:rds/instance:Instance"`, `urn:pulumi:prod`, `"create"`, `"same"`}).Draw(t, "old")
			value := rapid.SampledFrom([]string{`null`, `7`, `"x"`, `[]`, `{}`, `[null]`, `-1e300`, `"04da6b54-80e4-46f7-96ec-b56ff0331ba9"`, `""`}).Draw(t, "new")
			cut = strings.ReplaceAll(cut, old, value)
		}
		if d, err := Read([]byte(cut)); err == nil {
			s := State(d, terms, today)
			_ = s.Text(true) + s.Markdown()
			_, err = s.HTML()
			require.NoError(t, err)
		}
	})
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "Pulumi.prod.yaml")
	d := Document{Config: map[string]string{policyconfig.RegionKey: "eu-west-1"}}
	config, err := d.configuration(file)
	require.NoError(t, err)
	assert.Equal(t, "eu-west-1", config[policyconfig.RegionKey], "the document's own")
	_, err = Document{Stack: "prod"}.configuration(file)
	require.EqualError(t, err, "nothing says what the limit of stack prod is: name the file with its configuration by --settings")
	require.NoError(t, os.WriteFile(file, []byte("config:\n  aws:region: us-east-1\n  policies:costLimit: {monthlyUsd: 3000}\n"), 0o600))
	config, err = d.configuration(file)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{policyconfig.RegionKey: "us-east-1", policyconfig.LimitKey: `{"monthlyUsd":3000}`}, config)
	require.NoError(t, os.WriteFile(file, []byte("config: 7"), 0o600))
	_, err = d.configuration(file)
	require.ErrorContains(t, err, "Pulumi.prod.yaml")
}
