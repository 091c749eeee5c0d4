// Command tiersdoc writes docs/tiers.md, the table of all tiers, from the catalogue. Run it by: go generate ./stacks/tiers
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/stacks/tiers"
)

// target as seen from the package tiers, where go generate runs.
const target = "../../docs/tiers.md"

const head = `# Tiers

<!-- Written by go generate ./stacks/tiers from stacks/tiers/tiers.yaml. Change the tiers there. -->

What a customer pays, and the hard limits that hold from the first day. A limit is enforced, not asked for: each row
says by what.

`

func main() {
	if err := os.WriteFile(target, []byte(generate(tiers.All())), 0o644); err != nil { //nolint:gosec // documentation, for everyone to read
		fmt.Fprintln(os.Stderr, "tiersdoc:", err)
		os.Exit(1)
	}
}

// row is one limit: what it is called, what enforces it, and its value for a tier.
type row struct {
	title, enforcedBy string
	value             func(tiers.Tier) string
}

var rows = []row{
	{"Price a month", "", func(t tiers.Tier) string { return "USD " + t.PriceUSD.String() }},
	{"Own AWS resources a month", "policy pack before a deployment, tenant's budget after", func(t tiers.Tier) string {
		return "USD " + t.Limits.MonthlyCostUSD.String()
	}},
	{"Requests a second", "edge", func(t tiers.Tier) string { return count(t.Limits.RequestsPerSecond) }},
	{"Requests a day", "edge", func(t tiers.Tier) string { return count(t.Limits.RequestsPerDay) }},
	{"Database connections", "PostgreSQL, connection limit of the role", func(t tiers.Tier) string { return count(t.Limits.Connections) }},
	{"Database storage", "provisioner's check of sizes", func(t tiers.Tier) string { return size(t.Limits.StorageMiB) }},
	{"Statement time", "PostgreSQL, setting of the role", func(t tiers.Tier) string { return t.Limits.StatementTimeout.String() }},
	{"Idle in a transaction", "PostgreSQL, setting of the role", func(t tiers.Tier) string { return t.Limits.IdleInTransactionTimeout.String() }},
	{"Temporary files of a session", "PostgreSQL, setting of the role", func(t tiers.Tier) string { return size(t.Limits.TempFileMiB) }},
	{"Memory of one sort", "PostgreSQL, setting of the role", func(t tiers.Tier) string { return size(t.Limits.WorkMemKiB / 1024) }},
	{"CPU", "Kubernetes quota", func(t tiers.Tier) string { return count(t.Limits.CPUMillicores) + " m" }},
	{"Memory", "Kubernetes quota", func(t tiers.Tier) string { return size(t.Limits.MemoryMiB) }},
}

func generate(all []tiers.Tier) string {
	var text strings.Builder
	text.WriteString(head)
	text.WriteString("| |")
	for _, tier := range all {
		fmt.Fprintf(&text, " %s |", tier.Name)
	}
	text.WriteString(" enforced by |\n|---|" + strings.Repeat("---:|", len(all)) + "---|\n")
	for _, r := range rows {
		fmt.Fprintf(&text, "| %s |", r.title)
		for _, tier := range all {
			fmt.Fprintf(&text, " %s |", r.value(tier))
		}
		fmt.Fprintf(&text, " %s |\n", r.enforcedBy)
	}
	return text.String()
}

// count groups a number's digits by three.
func count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func size(mib int) string {
	if mib >= 1024 && mib%1024 == 0 {
		return count(mib/1024) + " GiB"
	}
	return count(mib) + " MiB"
}
