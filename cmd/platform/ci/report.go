package ci

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/environments"
)

// preview is what `platform preview --json` prints.
type preview struct {
	Failed   bool           `json:"failed"`
	Counts   map[string]int `json:"counts"`
	Changes  []change       `json:"changes"`
	Problems []problem      `json:"problems"`
}

type change struct {
	Operation  string   `json:"operation"`
	Type       string   `json:"type"`
	Name       string   `json:"name"`
	Properties []string `json:"properties"`
}

type problem struct {
	Warning  bool   `json:"warning"`
	Resource string `json:"resource"`
	Message  string `json:"message"`
}

// mostChanges are listed of a preview.
const mostChanges = 200

// report is one environment's part of the report, from what a preview left in a folder. What comes from the candidate is
// shown as text, never as markup.
func (h *Host) report(ctx context.Context, e environments.Environment, out, settings string, failure error) string {
	left := filepath.Join(out, previewName(candidate, e))
	title := fmt.Sprintf("\n### Stack `%s`: ", e.Name)
	var p preview
	if err := json.Unmarshal([]byte(readText(left+".json")), &p); err != nil {
		said := lastLines(readText(left+".log"), 30)
		if said == "" && failure != nil {
			said = failure.Error()
		}
		return title + "❌ no preview\n\nNothing could be previewed:\n\n" + fence(said)
	}
	verdict := "✅ may be deployed"
	if p.Failed {
		verdict = "❌ refused"
	}
	page := title + verdict + "\n" + countsTable(p.Counts)
	if refusals := p.messages(false); refusals != "" {
		page += "\nRefused because:\n\n" + fence(refusals)
	}
	return page + fmt.Sprintf("\n<details><summary>Changes</summary>\n\n%s\n</details>\n<details><summary>Advice</summary>\n\n%s\n</details>\n\n%s",
		fence(p.changes()), fence(p.messages(true)), h.cost(ctx, e, out, settings))
}

// countsTable tells how many resources change, and how.
func countsTable(counts map[string]int) string {
	table := "\n| change | resources |\n|---|--:|\n"
	for _, operation := range slices.Sorted(maps.Keys(counts)) {
		if operation != "same" {
			table += fmt.Sprintf("| %s | %d |\n", operation, counts[operation])
		}
	}
	return table
}

// messages are the refusals or the warnings.
func (p preview) messages(warnings bool) string {
	var text strings.Builder
	for _, problem := range p.Problems {
		if problem.Warning != warnings {
			continue
		}
		resource := problem.Resource
		if resource == "" {
			resource = "stack"
		}
		fmt.Fprintf(&text, "%s: %s\n\n", resource, problem.Message)
	}
	return text.String()
}

func (p preview) changes() string {
	var text strings.Builder
	for _, c := range p.Changes[:min(len(p.Changes), mostChanges)] {
		fmt.Fprintf(&text, "%s  %s  %s  %s\n", c.Operation, c.Type, c.Name, strings.Join(c.Properties, ", "))
	}
	return text.String()
}

// cost is what the change costs: against the base where that was previewed, too.
func (h *Host) cost(ctx context.Context, e environments.Environment, out, settings string) string {
	args := []string{"cost", "--file", filepath.Join(out, previewName(candidate, e)+".steps"), "--settings", settings, "--markdown"}
	if against := filepath.Join(out, previewName(base, e)+".steps"); readText(against) != "" {
		args = append(args, "--against", against)
	}
	page, err := h.output(h.command(ctx, h.Platform, args...))
	if err != nil {
		return "(the cost is unknown)\n\n" + fence(err.Error())
	}
	return printable(page)
}
