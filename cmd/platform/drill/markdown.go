package drill

import (
	"fmt"
	"strings"
	"time"
)

// Markdown is the report for a file that is kept.
func (r Report) Markdown() string {
	var b strings.Builder
	verdict := "passed"
	if !r.Passed() {
		verdict = "FAILED"
	}
	fmt.Fprintf(&b, "# Recovery drill of %s, %s: %s\n\n", r.Environment, r.BeganAt.Format(time.DateOnly), verdict)
	fmt.Fprintf(&b, "From %s to %s.\n", r.BeganAt.Format(time.RFC3339), r.EndedAt.Format(time.RFC3339))
	if r.Environment == "local" {
		b.WriteString("\nOn a local cloud a snapshot is a copy of a small server's files and a failover is a crash of the one server; the\n" +
			"time to which it can be restored is the emulator's word. The steps are those of AWS, the times are not.\n")
	}
	b.WriteString("\n| step | verdict | time to recover (RTO) | objective | work lost (RPO) | objective |\n|---|---|---|---|---|---|\n")
	for _, s := range r.Steps {
		o := Objectives[s.Step]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", s.Step, s.verdict(), s.rto(), Short(o.RTO), s.rpo(), Short(o.RPO))
	}
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "\n## %s\n\n", s.Step)
		for _, observation := range s.Observations {
			fmt.Fprintf(&b, "- %s\n", observation)
		}
		if s.Error != "" {
			fmt.Fprintf(&b, "- **failed**: %s\n", strings.ReplaceAll(s.Error, "\n", " "))
		}
	}
	return b.String()
}

func (r Result) verdict() string {
	if r.Passed {
		return "passed"
	}
	return "FAILED"
}

func (r Result) rto() string {
	if r.RTOSeconds == 0 {
		return "-"
	}
	return Short(seconds(r.RTOSeconds))
}

func (r Result) rpo() string {
	if r.RPOSeconds == nil {
		return "not known"
	}
	return Short(seconds(*r.RPOSeconds))
}

// Row is a result for a table: step, verdict, RTO and objective, RPO and objective.
func (r Result) Row() []any {
	o := Objectives[r.Step]
	return []any{r.Step, r.verdict(), r.rto(), Short(o.RTO), r.rpo(), Short(o.RPO)}
}
