package ci

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/previewreport"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/printable"
)

// mostChanges are listed of a preview.
const mostChanges = 200

// report is one environment's part of the report, from what a preview left in a folder. What comes from the candidate is
// shown as text, never as markup.
func (h *Host) report(ctx context.Context, e environments.Environment, out, settings string, failure error) string {
	page, previewed := h.changes(e.Name, filepath.Join(out, previewName(candidate, e)), failure)
	if previewed {
		page += h.rights(ctx, e, out) + "\n" + h.cost(ctx, e, out, settings)
	}
	return page
}

// reportOf is the report of one stack. What the workloads of an environment cost is in the environment's own.
func (o *deployOptions) reportOf(ctx context.Context, e environments.Environment, out string, failure error) string {
	if o.workloads {
		page, previewed := o.changes(o.stack(), filepath.Join(out, previewName(candidate, e)), failure)
		if previewed {
			page += o.rights(ctx, e, out)
		}
		return page
	}
	return o.report(ctx, e, out, o.path(e.SettingsFile()), failure)
}

// changes are what a preview left in files whose names begin so, and whether there was one.
func (h *Host) changes(stack, left string, failure error) (page string, previewed bool) {
	title := fmt.Sprintf("\n### Stack `%s`: ", stack)
	var p previewreport.Report
	if err := json.Unmarshal([]byte(readText(left+".json")), &p); err != nil {
		said := lastLines(readText(left+".log"), 30)
		if said == "" && failure != nil {
			said = failure.Error()
		}
		return title + "❌ no preview\n\nNothing could be previewed:\n\n" + fence(said), false
	}
	verdict := "✅ may be deployed"
	if p.Failed {
		verdict = "❌ refused"
	}
	page = title + verdict + "\n" + countsTable(p.Counts)
	if refusals := messageLines(p, false); refusals != "" {
		page += "\nRefused because:\n\n" + fence(refusals)
	}
	return page + fmt.Sprintf("\n<details><summary>Changes</summary>\n\n%s\n</details>\n<details><summary>Advice</summary>\n\n%s\n</details>\n",
		fence(changeLines(p)), fence(messageLines(p, true))), true
}

// countsTable tells how many resources change, and how.
func countsTable(counts map[progress.Action]int) string {
	table := "\n| change | resources |\n|---|--:|\n"
	for _, operation := range slices.Sorted(maps.Keys(counts)) {
		if operation != progress.Same {
			table += fmt.Sprintf("| %s | %d |\n", operation, counts[operation])
		}
	}
	return table
}

// messages are the refusals or the warnings.
func messageLines(p previewreport.Report, warnings bool) string {
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

func changeLines(p previewreport.Report) string {
	var text strings.Builder
	for _, c := range p.Changes[:min(len(p.Changes), mostChanges)] {
		fmt.Fprintf(&text, "%s  %s  %s  %s\n", c.Operation, c.Type, c.Name, strings.Join(c.Properties, ", "))
	}
	return text.String()
}

// steps are the arguments that name a candidate's preview, and the base's where that was previewed, too.
func steps(e environments.Environment, out string) []string {
	args := []string{"--file", filepath.Join(out, previewName(candidate, e)+".steps")}
	if against := filepath.Join(out, previewName(base, e)+".steps"); readText(against) != "" {
		args = append(args, "--against", against)
	}
	return args
}

// rights are what the change gives and takes. The command's first line sums up, in numbers alone.
func (h *Host) rights(ctx context.Context, e environments.Environment, out string) string {
	said, err := h.output(h.command(ctx, h.Platform, append([]string{"iam", "diff"}, steps(e, out)...)...))
	if err != nil {
		return "\n(what changes in rights is unknown)\n\n" + fence(err.Error())
	}
	summary, changes, _ := strings.Cut(strings.TrimSpace(said), "\n")
	if changes == "" {
		return "\n" + printable.Text(summary) + "\n"
	}
	return fmt.Sprintf("\n<details><summary>%s</summary>\n\n%s\n</details>\n", printable.Text(summary), fence(changes))
}

// cost is what the change costs.
func (h *Host) cost(ctx context.Context, e environments.Environment, out, settings string) string {
	page, err := h.output(h.command(ctx, h.Platform, append([]string{"cost", "--settings", settings, "--markdown"}, steps(e, out)...)...))
	if err != nil {
		return "(the cost is unknown)\n\n" + fence(err.Error())
	}
	return printable.Text(page)
}
