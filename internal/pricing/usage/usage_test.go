package usage_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/pricing/usage"
)

func TestEveryQuantityIsDocumentedAndNamedInCode(t *testing.T) {
	t.Parallel()
	definitions, err := usage.Definitions()
	require.NoError(t, err)
	code, err := os.ReadFile("quantities.go")
	require.NoError(t, err)
	var named, documented []string
	for _, match := range regexp.MustCompile(`Quantity = "([^"]+)"`).FindAllSubmatch(code, -1) {
		named = append(named, string(match[1]))
	}
	for _, d := range definitions {
		documented = append(documented, string(d.Quantity))
		assert.NotEmpty(t, d.About)
		assert.Len(t, d.Default, len(usage.Environments()))
	}
	assert.Equal(t, named, documented)
}

func TestProfilesDifferByEnvironment(t *testing.T) {
	t.Parallel()
	dev, err := usage.Default(usage.Dev)
	require.NoError(t, err)
	prod, err := usage.Default(usage.Prod)
	require.NoError(t, err)
	assert.Equal(t, "20", dev.For("", usage.NATProcessedGB).String())
	assert.Equal(t, "220", prod.For("", usage.NATProcessedGB).String())
	assert.True(t, usage.None().For("", usage.NATProcessedGB).IsZero())
	_, err = usage.Default("staging")
	require.EqualError(t, err, `usage: environment "staging", expected one of dev, prod, local, tenant`)
}

// What is known of a resource holds until a usage file says better for it.
func TestSomeResourcesHaveDefaultsOfTheirOwn(t *testing.T) {
	t.Parallel()
	const provisioner = "urn:pulumi:prod::platform::genericcorp:provisioner:Provisioner$aws:lambda/function:Function::provisioner"
	for _, text := range []string{"environment: prod", "quantities: {function.requests: 7}\nenvironment: prod"} {
		p, err := usage.Parse("usage.yaml", []byte(text))
		require.NoError(t, err)
		assert.Equal(t, "50000", p.For(provisioner, usage.FunctionRequests).String())
		assert.Equal(t, "500", p.For("another", usage.FunctionMilliseconds).String())
		p, err = p.Override("usage.yaml", []byte(`resources: {"*provisioner": {function.requests: 9}}`))
		require.NoError(t, err)
		assert.Equal(t, "9", p.For(provisioner, usage.FunctionRequests).String())
		assert.Equal(t, "8300", p.For(provisioner, usage.FunctionMilliseconds).String())
	}
}

func TestUsageFileOverridesDefaults(t *testing.T) {
	t.Parallel()
	p, err := usage.Parse("usage.yaml", []byte(`
environment: prod
quantities:
  nat.processedGB: 500.5
resources:
  "*:aws:ec2/natGateway:NatGateway::*":
    nat.processedGB: 700
  "*::main-nat-a":
    nat.processedGB: 900
`))
	require.NoError(t, err)
	assert.Equal(t, usage.Prod, p.Environment())
	assert.Equal(t, "500.5", p.For("urn:pulumi:prod::platform::aws:ec2/other:Other::x", usage.NATProcessedGB).String())
	assert.Equal(t, "700", p.For("urn:pulumi:prod::platform::aws:ec2/natGateway:NatGateway::main-nat-b", usage.NATProcessedGB).String())
	assert.Equal(t, "900", p.For("urn:pulumi:prod::platform::aws:ec2/natGateway:NatGateway::main-nat-a", usage.NATProcessedGB).String())
	assert.Equal(t, "5", p.For("x", usage.LogIngestGB).String(), "the rest stays at prod's defaults")
	assert.Equal(t, "1", p.With(usage.LogIngestGB, decimal.NewFromInt(1)).For("x", usage.LogIngestGB).String())
	assert.Equal(t, "5", p.For("x", usage.LogIngestGB).String(), "With changes a copy")
}

func TestEverythingWrongIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := usage.Parse("usage.yaml", []byte(`
environment: moon
quantities:
  nat.processedGB: lots
  nat.processedGB: 1
  nat.gigabytes: 5
  log.ingestGB: -1
  log.storedGB: 1e999999999
  secret.requests: [1]
resources:
  "*": none
limits: 1
`))
	require.EqualError(t, err, `usage:
usage.yaml:2: environment: got "moon", expected one of dev, prod, local, tenant
usage.yaml:4: quantities.nat.processedGB: got "lots", expected a number from 0 to 1e15
usage.yaml:5: nat.processedGB: given twice, first on line 4
usage.yaml:6: quantities.nat.gigabytes: unknown quantity, expected one of nat.processedGB
usage.yaml:7: quantities.log.ingestGB: got "-1", expected a number from 0 to 1e15
usage.yaml:8: quantities.log.storedGB: got "1e999999999", expected a number from 0 to 1e15
usage.yaml:9: quantities.secret.requests: got "", expected a number from 0 to 1e15
usage.yaml:11: resources.*: expected a mapping
usage.yaml:12: limits: unknown key, expected environment, quantities or resources`)
}

func TestOddFiles(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"":                    "usage:\nu.yaml: the file is empty",
		"- a":                 "usage:\nu.yaml:1: the file: expected a mapping",
		"quantities: {}":      "usage:\nu.yaml:1: environment: missing, expected one of dev, prod, local, tenant",
		"environment: [prod]": "expected text",
		"a: [":                "not YAML",
	} {
		_, err := usage.Parse("u.yaml", []byte(content))
		require.ErrorContains(t, err, want, content)
	}
}

func TestParseNeverPanics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.OneOf(
			rapid.SliceOf(rapid.Byte()),
			rapid.Map(rapid.StringMatching(`((environment|quantities|resources|nat\.processedGB|[*a-z&]+): ?[ \n\[\]{}a-z0-9*&-]*\n)*`), func(s string) []byte { return []byte(s) }),
		).Draw(t, "file")
		_, _ = usage.Parse("u.yaml", data)
	})
}
