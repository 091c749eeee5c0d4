package cost

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
)

// worthNaming is the share of the total, in per cent, from which a resource has a line of its own.
var worthNaming = decimal.NewFromInt(1)

// Text is the statement for a person at a terminal. With all, every resource has a line of its own.
func (s Statement) Text(all bool) string {
	var out strings.Builder
	t := render.NewTable("PART", "RESOURCES", "FIXED", "USAGE", "USD A MONTH", "SHARE")
	t.SetColumnConfigs(rightAligned(2, 3, 4, 5, 6))
	for _, p := range s.Parts {
		t.AppendRow(render.Row{p.Name, p.Resources, cents(p.Fixed), cents(p.Usage), cents(p.Total), p.Share.StringFixed(1) + "%"})
		s.appendItems(t, p, all)
	}
	t.AppendFooter(render.Row{"total", "", cents(s.Fixed), cents(s.Usage), cents(s.Total), "100%"})
	out.WriteString(t.Render() + s.billText())
	fmt.Fprintf(&out, "\n\nlimit     USD %s (%s)\nheadroom  USD %s (%s%% of the limit is used)\nlargest   USD %s, with all that grows by itself at its maximum\n",
		cents(s.Limit), s.Basis, cents(s.Headroom), s.Used.StringFixed(1), cents(s.Bills.Largest.Total))
	if s.Change != nil {
		out.WriteString("\n" + s.Change.text(all))
	}
	writeNotes(&out, "Without a price", s.Unpriced, true)
	writeNotes(&out, "Not known yet and taken at their worst", s.Assumed, all)
	if s.Prices != "" {
		fmt.Fprintf(&out, "\nWarning: %s.\n", s.Prices)
	}
	fmt.Fprintf(&out, "\n%s", s.Verdict.Text)
	return out.String()
}

func (s Statement) appendItems(t table.Writer, p Part, all bool) {
	if len(p.Items) == 1 && p.Name == accountPart {
		return
	}
	rest := Amounts{}
	hidden := 0
	for _, item := range p.Items {
		if !all && percent(item.Total, s.Total).LessThan(worthNaming) {
			rest = rest.plus(item.Fixed, item.Usage)
			hidden++
			continue
		}
		t.AppendRow(render.Row{"  " + short(item.Type) + " " + item.Name, "", cents(item.Fixed), cents(item.Usage), cents(item.Total), ""})
	}
	if hidden > 0 && hidden < len(p.Items) {
		t.AppendRow(render.Row{fmt.Sprintf("  %d more", hidden), "", cents(rest.Fixed), cents(rest.Usage), cents(rest.Total), ""})
	}
}

// fewMovers is how many changes are shown unless all are asked for.
const fewMovers = 10

func (c *Change) text(all bool) string {
	if len(c.Movers) == 0 {
		return "The cost does not change.\n"
	}
	t := render.NewTable("CHANGE", "PART", "RESOURCE", "BEFORE", "AFTER", "USD A MONTH")
	t.SetColumnConfigs(rightAligned(4, 5, 6))
	for i, m := range c.Movers {
		if !all && i == fewMovers {
			t.AppendRow(render.Row{fmt.Sprintf("%d more", len(c.Movers)-i)})
			break
		}
		t.AppendRow(render.Row{m.What, m.Part, m.Type + " " + m.Name, cents(m.Before), cents(m.After), signed(m.Delta)})
	}
	t.AppendFooter(render.Row{"total", "", "", cents(c.Before), cents(c.After), signed(c.Delta)})
	return t.Render() + "\n"
}

func rightAligned(columns ...int) []table.ColumnConfig {
	configs := make([]table.ColumnConfig, 0, len(columns))
	for _, n := range columns {
		configs = append(configs, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight})
	}
	return configs
}

func writeNotes(out *strings.Builder, title string, notes []string, all bool) {
	if len(notes) == 0 {
		return
	}
	if !all {
		fmt.Fprintf(out, "\n%s: %d (--all lists them)\n", title, len(notes))
		return
	}
	fmt.Fprintf(out, "\n%s:\n", title)
	for _, note := range notes {
		fmt.Fprintf(out, "  %s\n", note)
	}
}
