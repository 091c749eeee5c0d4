// Command policiesdoc writes docs/policies.md: every rule, every limit and every assumption about usage, from what the
// pack itself goes by. Run it by: go generate ./policies
package main

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/genericcorp/platform/internal/pricing/usage"
	"github.com/genericcorp/platform/policies/limits"
	"github.com/genericcorp/platform/policies/rules"
)

// target as seen from the package policies, where go generate runs.
const target = "../docs/policies.md"

//go:embed head.md
var head string

//go:embed costs.md
var costs string

//go:embed speed.md
var speed string

func main() {
	text, err := generate()
	if err == nil {
		err = os.WriteFile(target, []byte(text), 0o644) //nolint:gosec // documentation, for everyone to read
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "policiesdoc:", err)
		os.Exit(1)
	}
}

func generate() (string, error) {
	config, err := limits.Embedded()
	if err != nil {
		return "", err
	}
	definitions, err := usage.Definitions()
	if err != nil {
		return "", err
	}
	var text strings.Builder
	text.WriteString(head)
	writeLimits(&text, config)
	text.WriteString(costs)
	writeUsage(&text, definitions)
	writeRules(&text)
	text.WriteString("\n" + strings.TrimSuffix(speed, "\n"))
	return text.String(), nil
}

func writeLimits(text *strings.Builder, config limits.Config) {
	text.WriteString("### The limits today\n\n| | prod | dev | local |\n|---|---|---|---|\n")
	row := func(name string, value func(limits.Limits) any) {
		fmt.Fprintf(text, "| %s | %v | %v | %v |\n", name,
			value(config.Environments["prod"]), value(config.Environments["dev"]), value(config.Environments["local"]))
	}
	row("USD a month", func(l limits.Limits) any { return l.MonthlyUSD })
	row("USD a month, one resource", func(l limits.Limits) any { return l.ResourceUSD })
	row("instance types", func(l limits.Limits) any { return code(l.InstanceTypes) })
	row("database classes", func(l limits.Limits) any { return code(l.DatabaseClasses) })
	row("cache node types", func(l limits.Limits) any { return code(l.CacheNodeTypes) })
	row("NAT gateways", func(l limits.Limits) any { return l.NATGateways })
	row("interface endpoints", func(l limits.Limits) any { return l.InterfaceEndpoints })
	row("nodes of one cache", func(l limits.Limits) any { return l.CacheNodes })
	row("nodes of one node group", func(l limits.Limits) any { return l.Nodes })
	text.WriteString("\n")
}

func code(names []string) string { return "`" + strings.Join(names, "` `") + "`" }

func writeUsage(text *strings.Builder, definitions []usage.Definition) {
	text.WriteString("| quantity, a month | unit | dev | prod | local | tenant | of |\n|---|---|---|---|---|---|---|\n")
	for _, d := range definitions {
		fmt.Fprintf(text, "| `%s` | %s | %s | %s | %s | %s | %s |\n", d.Quantity, d.Unit,
			d.Default[usage.Dev], d.Default[usage.Prod], d.Default[usage.Local], d.Default[usage.Tenant], d.About)
	}
	text.WriteString("\n")
}

func writeRules(text *strings.Builder) {
	fmt.Fprintf(text, "## The rules\n\n%d rules of security and reliability, and %d of money. \"Sources\" are the published controls that a rule comes\n"+
		"from: Security Hub (`RDS.2`), Checkov (`CKV_AWS_17`) and the CIS benchmark of EKS (`CIS-EKS 5.4`); *own* is this platform's.\n",
		len(rules.Security().Rules), len(rules.Cost().Rules))
	for _, theme := range rules.Themes() {
		fmt.Fprintf(text, "\n### %s\n\n| rule | severity | what must be so | remedy | sources |\n|---|---|---|---|---|\n", theme.Name)
		for _, rule := range theme.Rules {
			must := rule.Must
			if rule.Limits != "" {
				must += " (" + rule.Limits + ")"
			}
			severity := string(rule.Severity)
			if rule.Final {
				severity += ", *final*"
			}
			fmt.Fprintf(text, "| `%s` | %s | %s | %s | %s |\n", rule.ID, severity, cell(must), cell(rule.Remedy), strings.Join(rule.Frameworks, ", "))
		}
	}
}

// cell keeps a text from ending its column.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
