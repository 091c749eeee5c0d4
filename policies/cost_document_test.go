package policies

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/policies/policyconfig"
	"github.com/genericcorp/platform/stacks"
)

var update = flag.Bool("update", false, "write docs/cost.md anew")

const costFile = "../docs/cost.md"

// estimate prices what the program registers for a stack file, as the pack does.
func estimate(t *testing.T, stack string) (estimator.Report, policyconfig.Config) {
	t.Helper()
	values := configuration(t, stack)
	config, err := policyconfig.Read(func(key string) string { return values[key] }, time.Now())
	require.NoError(t, err)
	var resources []estimator.Resource
	for _, r := range planned(t, stack) {
		resources = append(resources, estimator.FromAnalyzer(r))
	}
	return config.Estimator.Estimate(resources), config
}

// The environments fit what the company can pay: the whole bill, with all tenants that there may be, support and tax, every
// node group, volume and key at its largest, and what is to come.
func TestEnvironmentsFitTheirBudgets(t *testing.T) {
	t.Parallel()
	company := map[string]int64{"prod": 2500, "dev": 450}
	for _, stack := range environments.All().Names() {
		report, config := estimate(t, stack)
		require.Empty(t, report.Blocking(), "%s has prices for everything", stack)
		if amount, stated := company[stack]; stated {
			require.True(t, config.Limit.Limit.Equal(decimal.NewFromInt(amount)), stack)
		}
		largest := config.Bill.Largest(report.Maximum)
		require.True(t, largest.Total.LessThan(config.Limit.Limit), "%s may grow to %s", stack, largest.Total)
	}
}

// Two months before a version's standard support ends, and its extended support would be charged, this fails: see
// runbooks/cluster-upgrade.md and database-upgrade.md.
func TestVersionsStayInStandardSupport(t *testing.T) {
	t.Parallel()
	soon := time.Now().AddDate(0, 2, 0)
	for _, stack := range environments.All().Stacks() {
		_, config := estimate(t, stack)
		settings, err := stacks.LoadFile("../Pulumi." + stack + ".yaml")
		require.NoError(t, err)
		require.Empty(t, unsupported(config.Prices, settings.Environment, soon), stack)
		require.NotEmpty(t, unsupported(config.Prices, settings.Environment, soon.AddDate(10, 0, 0)), "%s: what runs is in the calendar", stack)
	}
}

// unsupported lists what of an environment has no standard support on a day.
func unsupported(c *catalogue.Catalogue, s *stacks.EnvironmentSettings, day time.Time) (list []string) {
	check := func(service, engine, version string) {
		if calendar, _ := c.Support(service, engine, version); calendar.PhaseOn(day) != catalogue.Standard {
			list = append(list, fmt.Sprintf("%s %s: standard support ends on %s", engine, version, calendar.Extended.Format(time.DateOnly)))
		}
	}
	check(catalogue.EKS, "kubernetes", s.Cluster.Version)
	check(catalogue.ElastiCache, s.Cache.Engine, s.Cache.EngineVersion)
	check(catalogue.Support, catalogue.SupportPlan, s.Budget.Support)
	for _, database := range s.Databases {
		check(catalogue.RDS, "postgresql", database.EngineVersion)
	}
	return list
}

// docs/cost.md says what the files of the repository cost today.
func TestCostDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(costHead)
	for _, stack := range slices.Backward(environments.All().Names()) {
		report, config := estimate(t, stack)
		fmt.Fprintf(&text, "\n## %s: USD %s a month\n\n", stack, cents(report.Total()))
		writeBill(&text, report, config)
		writePlanned(&text, config)
		writeCost(&text, report)
	}
	writeElsewhere(t, &text)
	if *update {
		require.NoError(t, os.WriteFile(costFile, []byte(text.String()), 0o644))
	}
	got, err := os.ReadFile(costFile)
	require.NoError(t, err)
	require.Equal(t, text.String(), string(got), "docs/cost.md is stale: run go test ./policies -run TestCost -update")
}

// writeElsewhere tells what has an invoice that is not AWS's. No stack file of the repository has any of it.
func writeElsewhere(t *testing.T, text *strings.Builder) {
	t.Helper()
	_, config := estimate(t, "dev")
	prices, err := config.Prices.Region(catalogue.USEast1)
	require.NoError(t, err)
	price, err := prices.Lookup(catalogue.Of(catalogue.BetterStack, "responder"))
	require.NoError(t, err)
	fmt.Fprintf(text, `
## Better Stack

Where the setting [betterStack](settings.md#betterstack) is on, the estimate has USD %s a %s for each of its responders, which [Better
Stack](betterstack.md#what-it-costs) puts on an invoice of its own: support and tax, which the bill above adds, are AWS's, and so a little too much.
Source: %s (%s).
`, cents(price.Amount), price.Unit, price.Source, price.Date.Format(time.DateOnly))
}

// The README's table says the same.
func TestCostInTheREADMEIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "../README.md"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, stack := range environments.All().Names() {
		report, config := estimate(t, stack)
		row := fmt.Sprintf("| %s | %s | %s | %s | %s |\n", stack, cents(report.Total()), cents(config.Bill.AtCeiling(report.Total()).Total),
			cents(config.Bill.Largest(report.Maximum).Total), config.Limit.Limit)
		if *update {
			text = regexp.MustCompile(`(?m)^\| `+stack+` \|.*\n`).ReplaceAllLiteral(text, []byte(row))
			require.NoError(t, os.WriteFile(file, text, 0o644))
		}
		require.True(t, strings.Contains(string(text), row), "README.md is stale: run go test ./policies -run TestCost -update; it lacks %s", row)
	}
}

const costHead = `# What the environments cost

<!-- Written by go test ./policies -run TestCost -update from the stack files, the limits, the price catalogue and the
assumed usage (internal/pricing/catalogue, internal/pricing/usage/defaults.yaml). Change them, not this file. -->

List prices of us-east-1, on demand, in US dollars for a month of 730 hours. The limit holds for the whole bill: the environment,
all tenants that it may have, support and tax. A deployment whose bill is above the limit is refused. "At its largest" is with
every node group and volume at its maximum, keys after their second rotation, and the parts that are planned; their allowances keep
room for them (policies/limits/limits.yaml). "Fixed" is paid for what stands there; "usage" follows from traffic, logs and
requests, whose amounts are assumptions.
`

// writeBill shows the bill as it is deployed, with all tenants, and at its largest.
func writeBill(text *strings.Builder, report estimator.Report, config policyconfig.Config) {
	bills := []bill.Bill{config.Bill.With(report.Total(), 0), config.Bill.AtCeiling(report.Total()), config.Bill.Largest(report.Maximum)}
	t := table.NewWriter()
	t.AppendHeader(table.Row{"The bill", "Without tenants", fmt.Sprintf("With %d tenants", config.Bill.Ceiling), "At its largest"})
	row := func(name string, amount func(bill.Bill) decimal.Decimal) {
		t.AppendRow(table.Row{name, cents(amount(bills[0])), cents(amount(bills[1])), cents(amount(bills[2]))})
	}
	row("environment", func(b bill.Bill) decimal.Decimal { return b.Environment })
	row("tenants, at most USD "+cents(config.Bill.TenantUSD)+" each", func(b bill.Bill) decimal.Decimal { return b.TenantsUSD })
	row("planned parts", func(b bill.Bill) decimal.Decimal { return b.Planned })
	row("support plan "+config.Bill.Support.Plan, func(b bill.Bill) decimal.Decimal { return b.Support })
	row("tax of "+config.Bill.TaxPercent.String()+" %", func(b bill.Bill) decimal.Decimal { return b.Tax })
	row("total", func(b bill.Bill) decimal.Decimal { return b.Total })
	row("room below the limit of USD "+config.Limit.Limit.String(), func(b bill.Bill) decimal.Decimal { return config.Limit.Limit.Sub(b.Total) })
	fmt.Fprintf(text, "%s\n\n", t.RenderMarkdown())
}

// writePlanned lists the allowances.
func writePlanned(text *strings.Builder, config policyconfig.Config) {
	if len(config.Allowed.Planned) == 0 {
		return
	}
	t := table.NewWriter()
	t.AppendHeader(table.Row{"Planned part", "Allowance", "For"})
	for _, planned := range config.Allowed.Planned {
		t.AppendRow(table.Row{planned.Part, cents(planned.MonthlyUSD), planned.Basis})
	}
	fmt.Fprintf(text, "%s\n\n", t.RenderMarkdown())
}

// writeCost sums up a report by type of resource, the most expensive first, and lists the usage that was assumed.
func writeCost(text *strings.Builder, report estimator.Report) {
	rows := map[string]*costRow{}
	assumed := map[string]*costRow{}
	for _, cost := range append(slices.Clone(report.Resources), report.Account) {
		if len(cost.Lines) == 0 {
			continue
		}
		row := rowOf(rows, what(cost.Type))
		row.count++
		row.fixed, row.usage = row.fixed.Add(cost.Fixed), row.usage.Add(cost.Usage)
		for _, line := range cost.Lines {
			if line.Kind == estimator.Usage && !line.Quantity.IsZero() {
				used := rowOf(assumed, fmt.Sprintf("%s: %s | %s", what(cost.Type), line.Description, line.Unit))
				used.quantity, used.usage = used.quantity.Add(line.Quantity), used.usage.Add(line.Monthly)
			}
		}
	}
	fmt.Fprintf(text, "The environment: fixed %s, usage %s; at most %s.\n\n", cents(report.Fixed), cents(report.Usage), cents(report.Maximum))
	parts := table.NewWriter()
	parts.AppendHeader(table.Row{"Part", "Number", "Fixed", "Usage", "Sum"})
	for _, row := range mostExpensiveFirst(rows) {
		parts.AppendRow(table.Row{row.name, row.count, cents(row.fixed), cents(row.usage), cents(row.fixed.Add(row.usage))})
	}
	fmt.Fprintf(text, "%s\n\nAssumed usage, all resources of a kind together:\n\n", parts.RenderMarkdown())
	uses := table.NewWriter()
	uses.AppendHeader(table.Row{"Usage", "Unit", "Amount", "Cost"})
	for _, row := range mostExpensiveFirst(assumed) {
		name, unit, _ := strings.Cut(row.name, " | ")
		if row.usage.Round(2).IsZero() {
			continue
		}
		uses.AppendRow(table.Row{name, unit, row.quantity, cents(row.usage)})
	}
	fmt.Fprintf(text, "%s\n", uses.RenderMarkdown())
}

// costRow is a sum over the resources of a kind.
type costRow struct {
	name                   string
	count                  int
	quantity, fixed, usage decimal.Decimal
}

func rowOf(rows map[string]*costRow, name string) *costRow {
	if rows[name] == nil {
		rows[name] = &costRow{name: name}
	}
	return rows[name]
}

func mostExpensiveFirst(rows map[string]*costRow) []*costRow {
	return slices.SortedFunc(maps.Values(rows), func(a, b *costRow) int {
		if c := b.fixed.Add(b.usage).Cmp(a.fixed.Add(a.usage)); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
}

// what names a type of resource without the provider's spelling.
func what(resourceType string) string {
	if resourceType == "" {
		return "account"
	}
	return resourceType[strings.LastIndex(resourceType, ":")+1:]
}

func cents(amount decimal.Decimal) string { return estimator.Cents(amount) }
