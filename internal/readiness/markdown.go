package readiness

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

// marks are what a state looks like on a page of GitHub's.
var marks = map[State]string{Passed: "✅", Old: "❌", Unknown: "❌", Failed: "❌"}

// Markdown is the verdict for the page of a job.
func (v Verdict) Markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "## %s\n\n| | criterion | check | state | numbers | ran | when | commit |\n|---|---|---|---|---|---|---|---|\n", cell(v.Headline))
	for _, criterion := range v.Criteria {
		question := criterion.Question
		for _, c := range criterion.Checks {
			fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %s | %s |\n",
				marks[c.State], cell(question), cell(c.Name), c.told(), c.numbers(), c.run(), c.when(), cell(Short(c.Commit)))
			question = ""
		}
	}
	for _, ignored := range v.Ignored {
		fmt.Fprintf(&out, "\nIgnored: %s\n", cell(ignored))
	}
	return out.String()
}

// told is the state, and for one that is not ready why, and what shows it.
func (c JudgedCheck) told() string {
	text := cell(string(c.State))
	if c.Why != "" {
		text += ": " + cell(c.Why) + ": <code>" + cell(c.Fresh) + "</code>"
	}
	if c.Note != "" {
		text += "; " + cell(c.Note)
	}
	return text
}

func (c JudgedCheck) numbers() string {
	var lines []string
	for _, n := range c.Numbers {
		line := cell(n.Text())
		if n.Missed {
			line = "<b>" + line + "</b>"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "<br>")
}

// run is the command that made the evidence, which leads to its run where it has a page.
func (c JudgedCheck) run() string {
	switch {
	case c.Ran == "":
		return ""
	case c.Link == "":
		return cell(c.Ran + ", " + c.Where)
	default:
		return `<a href="` + cell(c.Link) + `">` + cell(c.Ran) + "</a>, " + cell(c.Where)
	}
}

func (c JudgedCheck) when() string {
	if c.At == nil {
		return ""
	}
	return c.At.Format(time.RFC3339)
}

// cell is text in a cell of a table, in which nothing acts.
func cell(text string) string { return inert.Replace(html.EscapeString(printable.Line(text))) }

// inert writes out what Markdown would act on.
var inert = strings.NewReplacer("|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;", "~", "&#126;", "@", "&#64;")
