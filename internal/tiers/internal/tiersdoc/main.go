// Command tiersdoc writes docs/tiers.md, the table of all tiers, from the catalogue. Run it by: go generate ./internal/tiers
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/tiers"
)

// target as seen from the package tiers, where go generate runs.
const target = "../../docs/tiers.md"

const head = `# Tiers

<!-- Written by go generate ./internal/tiers from internal/tiers/tiers.yaml. Change the tiers there. -->

What a customer pays, is promised and may use. The last column says what enforces each limit today.

`

const foot = `
1. The policy pack refuses a tenant's stack that would cost more; today its secret is all that a tenant has of its own. The tenant's
   AWS budget sees its own resources alone, 8 to 12 hours late, and notifies people at 90, 100 and 200 per cent.
2. The sweep makes a tenant over its storage read-only within a minute. For 24 hours it may free space by itself, and create
   nothing; once it stores less, it writes again within a minute. If it grows instead, it may only read until an operator or a
   larger tier lets it go on ([how](application.md#limits)).
3. A session starts with the tier's value but can change it for itself; PostgreSQL allows that. The sweep ends statements and
   transactions that exceed the tier's times within a minute. It cannot measure memory for sorts; only the number of
   connections bounds that.
4. If the server does not let its administrator set this for a role, the command warns, and the server's own limit applies.
5. In environments whose setting ` + "`cluster.tenantNamespaces`" + ` is on; where it is off, tenants have no namespace and run no pods. What its
   pods ask for, and the most that they get, is counted when a pod is made. A suspended tenant has no pods.
6. Where the environment has a program for it, too (the setting ` + "`workloads.tenantWorker`" + `). It is one of the pods.
7. By requests: at 99.5 per cent 5 of 1,000 may fail, as many as in 3 hours and 36 minutes of a month of 30 days that is even. ` + "`platform slo`" + ` shows
   it by tier, and names the tenants that got less. Nobody gets a credit by itself.
8. An estimate of what its own resources and its use of database, storage, nodes and internet cost. At 90 per cent the breaker warns
   operators, at 100 it limits the tenant, at 200 it suspends it, within a minute, until the month ends.

The sweep is a scheduled call of the provisioner every minute. A suspended tenant cannot log in, whatever its tier.
`

func main() {
	if err := os.WriteFile(target, []byte(generate(tiers.All())), 0o644); err != nil { //nolint:gosec // documentation, for everyone to read
		fmt.Fprintln(os.Stderr, "tiersdoc:", err)
		os.Exit(1)
	}
}

// row is one limit: its key in the catalogue, what it is called, what enforces it, and its value for a tier.
type row struct {
	key, title, enforcedBy string
	value                  func(tiers.Tier) string
}

const (
	price     = "priceUsd"
	worker    = "worker"
	support   = "support"
	available = "availabilityPercent"
	latency   = "latency"
	byEdge    = "the [edge](edge.md), which counts them, where the environment has one; elsewhere **nothing**"
	measured  = "people, whom [alarms](slo.md) call: measured by the edge, where the environment has one"
	inCluster = "Kubernetes, quota of the tenant's namespace (5)"
)

var rows = []row{
	{price, "Price a month", "", func(t tiers.Tier) string { return "USD " + t.PriceUSD.String() }},
	{support, "Support", "people", func(t tiers.Tier) string { return channels[t.Support] }},
	{available, "Availability of a month", measured + " (7)", func(t tiers.Tier) string { return t.AvailabilityPercent.String() + " %" }},
	{latency, "Answers that begin in time", measured + "; an objective, not a promise", func(t tiers.Tier) string {
		return fmt.Sprintf("%s %% in %s", t.Latency.Percent, t.Latency.Within)
	}},
	{"monthlyCostUsd", "Own AWS resources a month", "policy pack, before a deployment (1)", func(t tiers.Tier) string { return "USD " + t.Limits.MonthlyCostUSD.String() }},
	{"allowanceUsd", "Cost of its use a month", "provisioner's sweep: the [breaker](breaker.md) (8)", func(t tiers.Tier) string { return "USD " + t.Limits.AllowanceUSD.String() }},
	{"connections", "Database connections", "PostgreSQL, connection limit of the role", func(t tiers.Tier) string { return count(t.Limits.Connections) }},
	{"storageMiB", "Database storage", "provisioner's sweep (2)", func(t tiers.Tier) string { return size(t.Limits.StorageMiB) }},
	{"statementTimeout", "Statement time", "PostgreSQL, setting of the role, and the sweep (3)", func(t tiers.Tier) string { return t.Limits.StatementTimeout.String() }},
	{"idleInTransactionTimeout", "Idle in a transaction", "PostgreSQL, setting of the role, and the sweep (3)", func(t tiers.Tier) string { return t.Limits.IdleInTransactionTimeout.String() }},
	{"tempFileMiB", "Temporary files of a session", "PostgreSQL, setting of the role (4)", func(t tiers.Tier) string { return size(t.Limits.TempFileMiB) }},
	{"workMemKiB", "Memory of one sort", "PostgreSQL, setting of the role, which a session can raise (3)", func(t tiers.Tier) string { return size(t.Limits.WorkMemKiB / 1024) }},
	{"requestsPerSecond", "Requests a second", byEdge, func(t tiers.Tier) string { return count(t.Limits.RequestsPerSecond) }},
	{"requestsPerDay", "Requests a day", byEdge, func(t tiers.Tier) string { return count(t.Limits.RequestsPerDay) }},
	{"concurrentRequests", "Requests at once", byEdge, func(t tiers.Tier) string { return count(t.Limits.ConcurrentRequests) }},
	{"cpuMillicores", "CPU", inCluster, func(t tiers.Tier) string { return count(t.Limits.CPUMillicores) + " m" }},
	{"memoryMiB", "Memory", inCluster, func(t tiers.Tier) string { return size(t.Limits.MemoryMiB) }},
	{worker, "Worker of its own", "the tenant's stack (6)", func(t tiers.Tier) string { return map[bool]string{true: "yes", false: "no"}[t.Worker] }},
	{"pods", "Pods", inCluster, func(t tiers.Tier) string { return count(t.Limits.Pods) }},
}

var channels = map[tiers.Support]string{tiers.SupportEmail: "e-mail"}

func generate(all []tiers.Tier) string {
	var text strings.Builder
	text.WriteString(head)
	text.WriteString("| |")
	for _, tier := range all {
		fmt.Fprintf(&text, " %s |", tier.Name)
	}
	text.WriteString(" enforced today by |\n|---|" + strings.Repeat("---:|", len(all)) + "---|\n")
	for _, r := range rows {
		fmt.Fprintf(&text, "| %s |", r.title)
		for _, tier := range all {
			fmt.Fprintf(&text, " %s |", r.value(tier))
		}
		fmt.Fprintf(&text, " %s |\n", r.enforcedBy)
	}
	text.WriteString(foot)
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
