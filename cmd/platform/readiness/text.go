package readiness

import (
	"fmt"
	"strings"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/readiness"
)

// text is the verdict for a terminal: the list, the evidence, and what to do.
func text(v readiness.Verdict) string {
	list, evidence := render.NewTable("CRITERION", "STATE", "QUESTION"), render.NewTable("CHECK", "STATE", "WHEN", "COMMIT", "WHERE", "RAN", "NUMBERS")
	var todo []string
	for _, criterion := range v.Criteria {
		list.AppendRow(render.Row{criterion.Name, criterion.State, criterion.Question})
		for _, c := range criterion.Checks {
			addEvidence(func(cells ...any) { evidence.AppendRow(cells) }, c)
			if c.State != readiness.Passed {
				todo = append(todo, fmt.Sprintf("%s: %s: `%s`, %s", c.Name, c.Why, c.Fresh, c.Page))
			}
		}
	}
	parts := []string{v.Headline, list.Render(), evidence.Render()}
	if len(todo) > 0 {
		parts = append(parts, "What is missing, and what shows it:\n"+strings.Join(todo, "\n"))
	}
	if len(v.Ignored) > 0 {
		parts = append(parts, "Ignored:\n"+strings.Join(v.Ignored, "\n"))
	}
	return strings.Join(parts, "\n\n")
}

// addEvidence adds a check's row, and below it one for each further number, its note and its link.
func addEvidence(add func(...any), c readiness.JudgedCheck) {
	var lines []string
	for _, n := range c.Numbers {
		line := n.Text()
		if n.Missed {
			line += ": MISSED"
		}
		lines = append(lines, line)
	}
	for _, more := range []string{c.Note, c.Link} {
		if more != "" {
			lines = append(lines, more)
		}
	}
	when := ""
	if c.At != nil {
		when = c.At.Format(time.RFC3339)
	}
	first := ""
	if len(lines) > 0 {
		first, lines = lines[0], lines[1:]
	}
	add(c.Name, c.State, render.Dash(when), render.Dash(readiness.Short(c.Commit)), render.Dash(c.Where), render.Dash(c.Ran), render.Dash(first))
	for _, line := range lines {
		add("", "", "", "", "", "", line)
	}
}
