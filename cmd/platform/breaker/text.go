package breaker

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

const minutes = "2006-01-02 15:04"

// numbers aligns columns to the right.
func numbers(t table.Writer, columns ...int) {
	configs := make([]table.ColumnConfig, 0, len(columns))
	for _, n := range columns {
		configs = append(configs, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(configs)
}

func statusText(b *tenant.Breaker) string {
	whole := wholeText(b)
	if len(b.Tenants) == 0 {
		return whole + fmt.Sprintf("environment %s has no tenants", b.Environment) + blindText(b)
	}
	t := render.NewTable("TENANT", "TIER", "USED USD", "OF USD", "PER CENT", "STATE", "LAST ACT")
	numbers(t, 3, 4, 5)
	for _, told := range b.Tenants {
		used := render.Row{"unknown", told.AllowanceUSD.StringFixed(2), "-"}
		if b.Prices != nil {
			used = render.Row{told.UsedUSD.StringFixed(2), told.AllowanceUSD.StringFixed(2), percent(told.UsedUSD, told.AllowanceUSD)}
		}
		t.AppendRow(append(append(render.Row{told.Slug, told.Tier}, used...), stateText(told), lastText(told.Last)))
	}
	priced := "nobody has published prices"
	if b.Prices != nil {
		priced = "at the prices of " + b.Prices.UTC().Format(minutes)
	}
	return whole + t.Render() + overridesText(b.Tenants) + fmt.Sprintf("\n(%s, %s so far, %s, UTC. An estimate of the tenant's own resources and its use of database, storage, nodes and internet:\n"+
		"it has no part of what is there for all. 90 per cent: warned; 100: limited; 200: suspended, until the month ends.)",
		b.Environment, b.Month.UTC().Format("2006-01"), priced) + blindText(b)
}

// wholeText is how the environment stands with its limit, a line or two. Where no limit is known there is none to stand with.
func wholeText(b *tenant.Breaker) string {
	w := b.Whole
	if w == nil || !w.LimitUSD.IsPositive() {
		return ""
	}
	text := fmt.Sprintf("environment %s: this month will cost USD %s of USD %s, %s per cent", b.Environment, w.ForecastUSD.StringFixed(2), w.LimitUSD.StringFixed(2), percent(w.ForecastUSD, w.LimitUSD))
	if w.Level != "" {
		text += ": " + w.Level + ", " + w.Holds()
	}
	if w.Due != w.Level {
		text += " (not " + w.Due + ")"
	}
	if o := w.Override; o != nil {
		text += fmt.Sprintf("\nenvironment %s: its limit is overridden by %s until %s, because: %s", b.Environment, o.By, o.Until.UTC().Format(minutes), o.Reason)
	}
	return text + "\n"
}

// percent is rounded down, as the boundaries are.
func percent(used, allowance decimal.Decimal) string {
	if !allowance.IsPositive() {
		return "-"
	}
	const hundred = 2
	return used.Shift(hundred).Div(allowance).Floor().String()
}

// stateText is what holds, and what would without an override.
func stateText(t api.BreakerTenant) string {
	state := string(t.State)
	if t.Level != "" {
		state += ", " + t.Level + " by the breaker"
	}
	switch {
	case t.ForAll:
		state += " for the environment's limit"
	case t.Due != t.Level:
		state += ", not " + t.Due
	}
	if t.Spared {
		state += ", spared by the settings"
	}
	return state
}

// overridesText names the overrides that hold, a line each.
func overridesText(tenants []api.BreakerTenant) string {
	var lines strings.Builder
	for _, t := range tenants {
		if t.Override != nil {
			fmt.Fprintf(&lines, "\n%s: overridden by %s until %s, because: %s", t.Slug, t.Override.By, t.Override.Until.UTC().Format(minutes), t.Override.Reason)
		}
	}
	return lines.String()
}

func lastText(last *api.BreakerEvent) string {
	if last == nil {
		return "-"
	}
	return fmt.Sprintf("%s %s (%s)", last.At.UTC().Format(minutes), level(last.After), last.Cause)
}

// level names a level, also none.
func level(name string) string {
	if name == "" {
		return "free"
	}
	return name
}

// blindText says why nobody is let go, a line each.
func blindText(b *tenant.Breaker) string {
	var lines strings.Builder
	for _, why := range b.Blind {
		lines.WriteString("\nwarning: nobody is let go: " + why)
	}
	return lines.String()
}

func logText(b *tenant.Breaker) string {
	if len(b.Events) == 0 {
		return fmt.Sprintf("the breaker of environment %s has done nothing", b.Environment) + blindText(b)
	}
	t := render.NewTable("AT", "TENANT", "TIER", "FROM", "TO", "DUE", "CAUSE", "USED USD", "OF USD", "PER CENT", "MONTH")
	const used, allowance, share = 8, 9, 10
	numbers(t, used, allowance, share)
	for _, e := range b.Events {
		cause := e.Cause
		if e.Blind {
			cause += ", not all known"
		}
		if e.Tenant == "" {
			e.Tenant, e.Tier = "(environment)", "-"
		}
		t.AppendRow(render.Row{
			e.At.UTC().Format(time.RFC3339), e.Tenant, e.Tier, level(e.Before), level(e.After), level(e.Due), cause,
			e.UsedUSD.StringFixed(2), e.AllowanceUSD.StringFixed(2), percent(e.UsedUSD, e.AllowanceUSD), e.Month.UTC().Format("2006-01"),
		})
	}
	more := ""
	if len(b.Events) == api.MostEvents {
		more = fmt.Sprintf("\n(the latest %d)", api.MostEvents)
	}
	return t.Render() + more + blindText(b)
}
