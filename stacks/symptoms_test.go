package stacks

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/symptoms"
	"github.com/genericcorp/platform/services/provisioner/api"
)

//go:generate go test . -run TestSymptoms -update

var update = flag.Bool("update", false, "write runbooks/symptoms.md again")

// symptom is what people see when something is wrong, and the page that helps, from the folder runbooks/.
type symptom struct{ seen, page string }

// TestSymptoms holds runbooks/symptoms.md to what alarms, mails, workflows, the code and the database say, and each of them to a page.
func TestSymptoms(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(`# Symptoms

<!-- Written by go generate ./stacks, from the alarms, budgets and messages in the code. Change those, not this file. -->

What it says, word for word, and the page that helps. Search here for a part of what you see that has no name or number in it; … stands for
these. If it is not here, see [the index](README.md#by-symptom).

## Alarms

An alarm's name ends with seven random letters and digits; a cache's alarm also has the number of its node. Its mail names the page, too.
When the reason of the state says ` + "`no datapoints were received`" + `, what the alarm watches is gone or cannot report: all alarms of it
fire together. Those of a new environment may fire for some minutes, until its first values arrive.

| alarm | what it says | page |
|---|---|---|
`)
	alarms := alarmsOf(t)
	for _, a := range alarms {
		row(t, &text, a.page, "`"+a.name+"`", a.says)
	}
	text.WriteString("\n## Mails about money\n\nFrom AWS Budgets and Cost Anomaly Detection, some hours after the money was spent.\n\n| mail | page |\n|---|---|\n")
	for _, s := range mailsOf(t) {
		row(t, &text, s.page, s.seen)
	}
	text.WriteString("\n## Workflows on GitHub\n\n| what is red, or open | page |\n|---|---|\n")
	for _, s := range workflowsOf(t) {
		row(t, &text, s.page, s.seen)
	}
	text.WriteString("\n## The command, the sweep, the edge and the services' logs\n\nAlso in `platform tenant show` (\"why\", problems) and in a run of the workflow `tenant`.\n\n| message | page |\n|---|---|\n")
	for _, s := range messagesOf(t) {
		row(t, &text, s.page, s.seen)
	}
	text.WriteString("\n## What a tenant gets from the database\n\n| SQLSTATE | message | why | page |\n|---|---|---|---|\n")
	application, err := os.ReadFile("../docs/application.md")
	require.NoError(t, err)
	for _, m := range api.ServerMessages {
		assert.Contains(t, string(application), "`"+m.Code+"`", "docs/application.md tells applications, too")
		row(t, &text, m.Page, "`"+m.Code+"`", code(m.Text), m.Cause)
	}
	const target = "../runbooks/symptoms.md"
	if *update {
		require.NoError(t, os.WriteFile(target, []byte(text.String()), 0o644))
	}
	current, err := os.ReadFile(target)
	require.NoError(t, err)
	if text.String() != string(current) {
		t.Error("runbooks/symptoms.md is not what the code says: make docs writes it again")
	}
}

// row writes a row of a table. Its page must exist.
func row(t *testing.T, text *strings.Builder, page string, cells ...string) {
	t.Helper()
	file, _, _ := strings.Cut(page, "#")
	assert.FileExists(t, filepath.Join("../runbooks", file), "the page of %s", cells[0])
	fmt.Fprintf(text, "| %s | [%s](%s) |\n", strings.Join(cells, " | "), strings.TrimSuffix(filepath.Base(file), ".md"), page)
}

// code is a text in a cell as it is.
func code(text string) string {
	text = strings.ReplaceAll(text, "|", `\|`)
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

type namedAlarm struct{ name, says, page string }

// alarmsOf are the alarms of all environments.
func alarmsOf(t *testing.T) []namedAlarm {
	t.Helper()
	node := regexp.MustCompile(`-\d+$`) // of the cache, whose alarms are those of each node
	page := regexp.MustCompile(`^(.*)\. Runbook: runbooks/([a-z0-9-]+\.md)$`)
	byName := map[string]namedAlarm{}
	for _, stack := range []string{"dev", "prod"} {
		plan := planOf(t, stack, withLoadBalancer, withBilling, withCollector)
		for _, alarm := range slices.Concat(plan.OfType("aws:cloudwatch/metricAlarm:MetricAlarm"), plan.OfType("aws:cloudwatch/compositeAlarm:CompositeAlarm")) {
			if !alarm.Inputs.HasValue("alarmActions") {
				continue // a part of another alarm
			}
			a := namedAlarm{name: node.ReplaceAllString(alarm.Name, "")}
			says, _ := alarm.Value(t, "alarmDescription").(string)
			parts := page.FindStringSubmatch(says)
			if !assert.NotNil(t, parts, "the alarm %s names no page: %q", a.name, says) {
				continue
			}
			a.says, a.page = parts[1], parts[2]
			byName[a.name] = a
		}
	}
	return sorted(byName)
}

func sorted[V any](byKey map[string]V) []V {
	var list []V
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		list = append(list, byKey[key])
	}
	return list
}

// mailsOf are the mails of the budgets and of the monitor of anomalies. That of the forecast comes before the money is spent.
func mailsOf(t *testing.T) (mails []symptom) {
	t.Helper()
	plan := planOf(t, "prod")
	require.Len(t, plan.OfType("aws:budgets/budget:Budget"), 1)
	for _, budget := range plan.OfType("aws:budgets/budget:Budget") {
		notifications, _ := budget.Value(t, "notifications").([]any)
		require.NotEmpty(t, notifications)
		for _, each := range notifications {
			n, _ := each.(map[string]any)
			kind, _ := n["notificationType"].(string)
			page := fmt.Sprintf("budget-%v.md", n["threshold"])
			if kind == "FORECASTED" {
				page = "budget-90.md"
			}
			mails = append(mails, symptom{fmt.Sprintf("`%s` cost over %v %% of the budget of the environment", kind, n["threshold"]), page})
		}
	}
	require.NotEmpty(t, plan.OfType("aws:budgets/budgetAction:BudgetAction"))
	mails = append(mails, symptom{"A budget action, and `AccessDenied` with `explicit deny` on what is new", "budget-100.md"})
	require.NotEmpty(t, plan.OfType("aws:costexplorer/anomalySubscription:AnomalySubscription"))
	return append(mails, symptom{"A cost anomaly of a service", "cost-spike-hunt.md"})
}

// workflowPages are the pages of workflows that failed; of those without one, the reader is who wrote the change.
var workflowPages = map[string]string{
	"deploy": "failed-or-stuck-deploy.md", "drift": "failed-or-stuck-deploy.md", "nodes": "node-patching.md", "tenant": "failed-or-stuck-deploy.md",
	"drill": "tenant-restore.md", "policy": "", "preview": "", "test": "",
}

func workflowsOf(t *testing.T) (list []symptom) {
	t.Helper()
	files, err := filepath.Glob("../.github/workflows/*.yml")
	require.NoError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		page, known := workflowPages[name]
		if assert.True(t, known, "the workflow %s has no page", name) && page != "" {
			list = append(list, symptom{"The workflow `" + name + "`", page})
		}
	}
	require.NotEmpty(t, list)
	return append(list, symptom{"The issue `Drift`", "drift.md"})
}

// messagesOf are the messages in the code that lead to a page.
func messagesOf(t *testing.T) []symptom {
	t.Helper()
	found, err := symptoms.Find("..", "services", "cmd/platform", "internal/edge", "internal/cachelogin")
	require.NoError(t, err)
	byText := map[string]symptom{}
	for _, m := range found {
		if m.Page == "" {
			continue
		}
		text := shorten(m.Text)
		before, twice := byText[text]
		assert.True(t, !twice || before.page == m.Page+".md", "%s: %q leads to %s elsewhere, and to %s here", m.At, text, before.page, m.Page)
		byText[text] = symptom{code(text), m.Page + ".md"}
	}
	list := sorted(byText)
	slices.SortStableFunc(list, func(a, b symptom) int {
		return cmp.Compare(strings.ToLower(strings.TrimLeft(a.seen, "`… ")), strings.ToLower(strings.TrimLeft(b.seen, "`… ")))
	})
	return list
}

// shorten leaves as much of a message as people compare.
func shorten(text string) string {
	const most = 130
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	short := string(runes[:most])
	return strings.TrimRight(short[:strings.LastIndexByte(short, ' ')], " …:,;") + " …"
}
