package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/printable"
)

// Text is the report for a terminal, and for a mail without HTML. What others have chosen, such as names, is made printable.
func (r Report) Text() string {
	var out strings.Builder
	out.WriteString(printable.Line(r.Headline) + "\n\n" + printable.Line(r.Title()) + "\n")
	section(&out, "COST, USD", r.costLines())
	list(&out, "THE LIMIT, BY THE BREAKER", r.standingLines())
	section(&out, "PART", r.partLines(), r.dayName, "day before", "change")
	section(&out, "TENANT, MONTH TO DATE", r.tenantLines(), "cost", "price", "margin", "%")
	if r.Tenants.Free.Tenants > 0 {
		out.WriteString(r.freeText() + "\n")
	}
	section(&out, "MOVED MOST", r.moverLines(), r.dayName, "day before", "change")
	list(&out, "HELD BACK", r.heldLines())
	list(&out, "THE BREAKER "+strings.ToUpper(r.dayName), r.actLines())
	section(&out, strings.ToUpper(r.billTitle()), r.billLines(), "estimate", "bill", "difference", r.sinceTitle())
	for _, note := range r.billNotes() {
		out.WriteString(printable.Line(note) + "\n")
	}
	list(&out, "WARNINGS", r.Warnings)
	list(&out, "NOTES", r.Notes)
	list(&out, "NOT KNOWN YET", r.Unknown)
	return strings.TrimSuffix(out.String(), "\n")
}

// Title is what the report is about.
func (r Report) Title() string {
	return fmt.Sprintf("Environment %s, %s (UTC), made %s", r.Environment, r.Day, r.Made.Format("2006-01-02 15:04"))
}

// section writes a table, or nothing where it has no rows.
func section(out *strings.Builder, name string, rows [][]string, header ...string) {
	if len(rows) > 0 {
		out.WriteString("\n")
		writeTable(out, append([][]string{append([]string{name}, header...)}, rows...))
	}
}

// list writes lines below a name, or nothing where there are none.
func list(out *strings.Builder, name string, lines []string) {
	if len(lines) == 0 {
		return
	}
	out.WriteString("\n" + name + "\n")
	for _, line := range lines {
		out.WriteString("- " + printable.Line(line) + "\n")
	}
}

// writeTable writes rows as columns, the first one to the left and the others to the right.
func writeTable(out *strings.Builder, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(printable.Line(cell)))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			cell = printable.Line(cell)
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i > 0:
				out.WriteString("  " + space + cell)
			case len(row) > 1:
				out.WriteString(cell + space)
			default:
				out.WriteString(cell)
			}
		}
		out.WriteString("\n")
	}
}

// costLines are the amounts of the environment, with their names.
func (r Report) costLines() [][]string {
	if r.Cost == nil {
		return nil
	}
	return [][]string{
		{r.dayName, r.Cost.Day.String()}, {"day before", amount(r.Cost.DayBefore)}, {"month to date", r.Cost.Month.String()},
		{"forecast, month's end", r.Cost.Forecast.String()}, {"limit", r.Cost.Limit.String()}, {"forecast of limit", r.Cost.Share.StringFixed(1) + " %"},
	}
}

func (r Report) partLines() [][]string {
	if r.Cost == nil {
		return nil
	}
	lines := make([][]string, 0, len(r.Parts)+1)
	for _, part := range r.Parts {
		lines = append(lines, []string{part.Name, part.Day.String(), amount(part.DayBefore), change(part.Change)})
	}
	var whole *Money
	if before := r.Cost.DayBefore; before != nil {
		difference := r.Cost.Day.minus(*before)
		whole = &difference
	}
	return append(lines, []string{"whole", r.Cost.Day.String(), amount(r.Cost.DayBefore), change(whole)})
}

func (r Report) tenantLines() [][]string {
	lines := make([][]string, 0, len(r.Tenants.Rows)+len(r.Tenants.Sums))
	add := func(name string, f Figures) {
		lines = append(lines, []string{name, f.Cost.String(), amount(f.Price), amount(f.Margin), percent(f.Percent)})
	}
	for _, row := range r.Tenants.Rows {
		add(row.Name(), row.Figures)
	}
	for _, sum := range r.Tenants.Sums {
		add(sum.Name, sum.Figures)
	}
	return lines
}

// Name is the tenant's with its tier.
func (r Row) Name() string {
	if r.Tier == "" {
		return r.Tenant + " (gone)"
	}
	return r.Tenant + " (" + r.Tier + ")"
}

// freeText says what the tenants cost that pay nothing.
func (r Report) freeText() string {
	return fmt.Sprintf("%s for free: USD %s, in the sums and not counted as losses.", printable.Count(r.Tenants.Free.Tenants, "tenant"), r.Tenants.Free.Cost)
}

func (r Report) moverLines() [][]string {
	lines := make([][]string, 0, len(r.Tenants.Movers))
	for _, m := range r.Tenants.Movers {
		lines = append(lines, []string{m.Name, m.Day.String(), m.DayBefore.String(), m.Change.signed()})
	}
	return lines
}

func (r Report) heldLines() []string {
	lines := make([]string, 0, len(r.Held))
	for _, h := range r.Held {
		line := fmt.Sprintf("%s (%s): %s", h.Tenant, h.Tier, h.State)
		if !h.Since.IsZero() {
			line += " since " + h.Since.UTC().Format(time.DateOnly)
		}
		if h.By != "" {
			line += " by " + h.By
		}
		if h.Why != "" {
			line += ", because: " + h.Why
		}
		lines = append(lines, line)
	}
	return lines
}

// mostActs is how many acts a person reads.
const mostActs = 10

func (r Report) actLines() []string {
	lines := make([]string, 0, min(len(r.Acts), mostActs+1))
	for i, act := range r.Acts {
		if i == mostActs {
			return append(lines, fmt.Sprintf("%d more: platform breaker log", len(r.Acts)-i))
		}
		name, amount := act.Tenant+" ("+act.Tier+")", "a cost"
		if act.Tenant == "" {
			name, amount = "the environment", "a forecast"
		}
		lines = append(lines, fmt.Sprintf("%s %s: from %s to %s (%s), at %s of USD %s of %s this month", act.At.UTC().Format("15:04"), name,
			orFree(act.Before), orFree(act.After), act.Cause, amount, act.Used.StringFixed(2), act.Allowance.StringFixed(2)))
	}
	return lines
}

func orFree(level string) string { return cmp.Or(level, "free") }

// none stands for an amount that there is not.
const none = "-"

func amount(m *Money) string {
	if m == nil {
		return none
	}
	return m.String()
}

func change(m *Money) string {
	if m == nil {
		return none
	}
	return m.signed()
}

func percent(p *decimal.Decimal) string {
	if p == nil {
		return none
	}
	return p.StringFixed(1)
}
