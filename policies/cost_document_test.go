package stacks

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

var update = flag.Bool("update", false, "write docs/cost.md anew")

const costFile = "../docs/cost.md"

// estimate prices what the program registers for a stack file, at list price and with the assumed usage.
func estimate(t *testing.T, stack string) estimator.Report {
	t.Helper()
	prices, err := catalogue.Embedded()
	require.NoError(t, err)
	assumed, err := usage.Default(usage.Environment(environments.All().Profile(stack)))
	require.NoError(t, err)
	e, err := estimator.New(prices, assumed, estimator.Options{Region: "us-east-1"})
	require.NoError(t, err)
	var resources []estimator.Resource
	for _, r := range planOf(t, stack).All() {
		if !r.Custom && !r.Remote {
			continue
		}
		if r.Type == "eks:index:Cluster" {
			r.Type = "aws:eks/cluster:Cluster" // what the component of pulumi-eks makes in its own process
		}
		planned := estimator.FromPropertyMap(r.URN, r.Type, r.Name, r.Inputs)
		planned.Dependencies = map[string][]string{}
		for property, dependencies := range r.Request.GetPropertyDependencies() {
			planned.Dependencies[property] = dependencies.GetUrns()
		}
		resources = append(resources, planned)
	}
	return e.Estimate(resources)
}

// The environments fit what the company can pay, also with every node group and volume at its largest.
func TestEnvironmentsFitTheirBudgets(t *testing.T) {
	t.Parallel()
	company := map[string]int64{"prod": 2500, "dev": 450}
	for _, stack := range environments.All().Names() {
		report := estimate(t, stack)
		require.Empty(t, report.Blocking(), "%s has prices for everything", stack)
		settings, err := LoadFile("../Pulumi." + stack + ".yaml")
		require.NoError(t, err)
		limit := settings.Environment.Budget.MonthlyLimitUSD
		if amount, stated := company[stack]; stated {
			require.True(t, limit.Equal(decimal.NewFromInt(amount)), stack)
		}
		require.True(t, report.Maximum.LessThan(limit), "%s may grow to %s", stack, report.Maximum)
	}
}

// docs/cost.md says what the files of the repository cost today.
func TestCostDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(costHead)
	for _, stack := range slices.Backward(environments.All().Names()) {
		writeCost(&text, stack, estimate(t, stack))
	}
	if *update {
		require.NoError(t, os.WriteFile(costFile, []byte(text.String()), 0o644))
	}
	got, err := os.ReadFile(costFile)
	require.NoError(t, err)
	require.Equal(t, text.String(), string(got), "docs/cost.md is stale: run go test ./stacks -run TestCostDocument -update")
}

// The README's table says the same.
func TestCostInTheREADMEIsCurrent(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, stack := range environments.All().Names() {
		report := estimate(t, stack)
		settings, err := LoadFile("../Pulumi." + stack + ".yaml")
		require.NoError(t, err)
		require.Contains(t, string(text), fmt.Sprintf("| %s | %s | %s | %s |\n", stack, report.Total().StringFixed(2),
			report.Maximum.StringFixed(2), settings.Environment.Budget.MonthlyLimitUSD))
	}
}

const costHead = `# What the environments cost

<!-- Written by go test ./stacks -run TestCostDocument -update from the stack files, the price catalogue and the
assumed usage (internal/pricing/catalogue, internal/pricing/usage/defaults.yaml). Change them, not this file. -->

List prices of us-east-1, on demand, in US dollars for a month of 730 hours, without tax and support. "Fixed" is paid
for what stands there; "usage" follows from traffic, logs and requests, whose amounts are assumptions.
`

// writeCost sums up a report by type of resource, the dearest first, and lists the usage that was assumed.
func writeCost(text *strings.Builder, stack string, report estimator.Report) {
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
	fmt.Fprintf(text, "\n## %s: USD %s a month\n\n", stack, cents(report.Fixed.Add(report.Usage)))
	fmt.Fprintf(text, "Fixed %s, usage %s. With every node group and volume at its largest: %s.\n\n",
		cents(report.Fixed), cents(report.Usage), cents(report.Maximum))
	parts := table.NewWriter()
	parts.AppendHeader(table.Row{"Part", "Number", "Fixed", "Usage", "Sum"})
	for _, row := range dearestFirst(rows) {
		parts.AppendRow(table.Row{row.name, row.count, cents(row.fixed), cents(row.usage), cents(row.fixed.Add(row.usage))})
	}
	fmt.Fprintf(text, "%s\n\nAssumed usage, all resources of a kind together:\n\n", parts.RenderMarkdown())
	uses := table.NewWriter()
	uses.AppendHeader(table.Row{"Usage", "Unit", "Amount", "Cost"})
	for _, row := range dearestFirst(assumed) {
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

func dearestFirst(rows map[string]*costRow) []*costRow {
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

func cents(amount decimal.Decimal) string { return amount.StringFixed(2) }
