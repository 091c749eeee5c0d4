package cost

import (
	"fmt"
	"strings"
)

// most is how many rows a section of the comment has at most: a comment has room for 65,536 characters.
const most = 100

// Markdown is the statement as a comment for a pull request: the verdict on top, then what moves the cost, the biggest
// first, and the detail collapsed.
func (s Statement) Markdown() string {
	var out strings.Builder
	mark := map[Level]string{Within: "✅", Near: "⚠️", Refused: "❌"}[s.Verdict.Level]
	fmt.Fprintf(&out, "### %s Cost of `%s`: USD %s a month%s\n\n%s\n", mark, inCode(s.Stack), cents(s.Total), s.difference(), escape(s.Verdict.Text))
	if s.Prices != "" {
		fmt.Fprintf(&out, "\n> %s.\n", escape(s.Prices))
	}
	if s.Change != nil {
		s.Change.markdown(&out)
	}
	fmt.Fprintf(&out, "\n<details>\n<summary>By part: USD %s fixed, USD %s by use; limit USD %s</summary>\n\n", cents(s.Fixed), cents(s.Usage), cents(s.Limit))
	out.WriteString("| part | resources | fixed | usage | total | share |\n|---|--:|--:|--:|--:|--:|\n")
	for _, p := range s.Parts {
		fmt.Fprintf(&out, "| %s | %d | %s | %s | %s | %s %% |\n", escape(p.Name), p.Resources, cents(p.Fixed), cents(p.Usage), cents(p.Total), p.Share.StringFixed(1))
	}
	fmt.Fprintf(&out, "| **total** | | %s | %s | **%s** | |\n", cents(s.Fixed), cents(s.Usage), cents(s.Total))
	s.markdownBills(&out)
	fmt.Fprintf(&out, "\nLimit: USD %s (%s). Headroom: USD %s. At its largest: USD %s.\n\n</details>\n",
		cents(s.Limit), escape(s.Basis), cents(s.Headroom), cents(s.Bills.Largest.Total))
	s.markdownItems(&out)
	markdownNotes(&out, "Without a price", s.Unpriced)
	markdownNotes(&out, "Not known yet and taken at their worst", s.Assumed)
	return out.String()
}

// markdownBills writes the table of bills.
func (s Statement) markdownBills(out *strings.Builder) {
	if s.plain() {
		return
	}
	for i, row := range s.billRows() {
		if i == 0 {
			out.WriteString("\n")
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", row.Name, row.Today, row.Ceiling, row.Largest)
		if i == 0 {
			out.WriteString("|---|--:|--:|--:|\n")
		}
	}
}

// difference is how the total changes, for a headline.
func (s Statement) difference() string {
	switch {
	case s.Change == nil:
		return ""
	case s.Change.Delta.Round(2).IsZero():
		return " (no change)"
	default:
		return " (" + signed(s.Change.Delta) + ")"
	}
}

func (c *Change) markdown(out *strings.Builder) {
	if len(c.Movers) == 0 {
		return
	}
	out.WriteString("\n| | resource | before | after | USD a month |\n|---|---|--:|--:|--:|\n")
	for i, m := range c.Movers {
		if i == fewMovers {
			fmt.Fprintf(out, "| | %d more | | | |\n", len(c.Movers)-i)
			break
		}
		fmt.Fprintf(out, "| %s | %s `%s` | %s | %s | **%s** |\n", m.What, escape(m.Type), inCode(m.Name), cents(m.Before), cents(m.After), signed(m.Delta))
	}
}

func (s Statement) markdownItems(out *strings.Builder) {
	out.WriteString("\n<details>\n<summary>Every resource that costs something</summary>\n\n| part | resource | fixed | usage | total |\n|---|---|--:|--:|--:|\n")
	shown, hidden := 0, 0
	for _, p := range s.Parts {
		for _, item := range p.Items {
			if shown == most || item.Total.Round(2).IsZero() {
				hidden++
				continue
			}
			shown++
			fmt.Fprintf(out, "| %s | %s `%s` | %s | %s | %s |\n", escape(p.Name), escape(short(item.Type)), inCode(item.Name), cents(item.Fixed), cents(item.Usage), cents(item.Total))
		}
	}
	if hidden > 0 {
		fmt.Fprintf(out, "| | %d more | | | |\n", hidden)
	}
	out.WriteString("\n</details>\n")
}

func markdownNotes(out *strings.Builder, title string, notes []string) {
	if len(notes) == 0 {
		return
	}
	fmt.Fprintf(out, "\n<details>\n<summary>%s: %d</summary>\n\n", title, len(notes))
	for i, note := range notes {
		if i == most {
			fmt.Fprintf(out, "- %d more\n", len(notes)-i)
			break
		}
		fmt.Fprintf(out, "- %s\n", escape(note))
	}
	out.WriteString("\n</details>\n")
}

// escape keeps text from being taken for Markdown or HTML.
func escape(text string) string { return markdownEscaper.Replace(text) }

var markdownEscaper = strings.NewReplacer("\\", `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "\n", " ", "@", "&#64;")

// inCode keeps text from ending the code or the column that it stands in.
func inCode(text string) string {
	return strings.NewReplacer("`", "'", "|", `\|`, "\n", " ").Replace(text)
}
