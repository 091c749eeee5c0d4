package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/components/schema/contract"
)

// changeText is a tenant after a change, for a person.
func changeText(r *tenant.Report) string {
	counts := changesText(r.Changes)
	if r.DryRun {
		return fmt.Sprintf("tenant %s of %s, nothing done: %s", r.Tenant, r.Environment, wouldText(counts))
	}
	t := inventory.NewTable("TENANT", "TIER", "STATE", "PASSWORD", "SCHEMA", "ROLE", "HOST")
	if r.SecretARN != "" {
		t.AppendRow(table.Row{r.Tenant, r.Tier, r.State, r.PasswordVersion, orDash(r.Schema), orDash(r.Role), orDash(r.HostName)})
	}
	took := time.Duration(r.DurationSeconds * float64(time.Second)).Round(100 * time.Millisecond)
	text := fmt.Sprintf("tenant %s of %s: %s in %s", r.Tenant, r.Environment, counts, took)
	if r.SecretARN == "" || r.Changes["delete"] > 0 {
		return text
	}
	return fmt.Sprintf("%s\n\n%s\nits connection is in the secret %s", t.Render(), text, r.SecretARN)
}

// wouldText says of a count of changes that they are not done.
func wouldText(counts string) string {
	for done, would := range map[string]string{"created": "to create", "updated": "to update", "deleted": "to delete"} {
		counts = strings.ReplaceAll(counts, done, would)
	}
	return counts
}

func listText(environment string, list []tenant.Listed) string {
	if len(list) == 0 {
		return fmt.Sprintf("environment %s has no tenants: `platform tenant create <tenant> --tier free --env %s` makes one", environment, environment)
	}
	t := inventory.NewTable("TENANT", "TIER", "STATE", "SIZE", "OF MIB", "TABLES", "SESSIONS", "OF", "USD SO FAR", "OF USD")
	for _, l := range list {
		state := string(l.State)
		if l.OverStorage {
			state += ", over its storage"
		}
		t.AppendRow(table.Row{
			l.Slug, l.Tier, state, sizeText(l.SizeBytes), l.Limits.StorageMiB, l.Tables, l.Sessions, l.Limits.Connections,
			orDash(deref(l.SpentUSD)), orDash(deref(l.BudgetUSD)),
		})
	}
	return t.Render() + "\n(cost: what AWS has counted this month for the tenant's tag, 8 to 12 hours late)"
}

func responseText(r contract.Response) string {
	var parts []string
	if r.Tenant != nil {
		parts = append(parts, tenantText(*r.Tenant))
	}
	if r.Archive != nil {
		parts = append(parts, archivesText([]contract.Archive{*r.Archive}))
	}
	if len(r.Archives) > 0 {
		parts = append(parts, archivesText(r.Archives))
	}
	for _, problem := range r.Problems {
		parts = append(parts, "problem: "+problem)
	}
	for _, warning := range r.Warnings {
		parts = append(parts, "note: "+warning)
	}
	return strings.Join(parts, "\n\n")
}

func tenantText(shown contract.Tenant) string {
	t := inventory.NewTable("WHAT", "IS", "LIMIT")
	milliseconds := func(n int) string { return (time.Duration(n) * time.Millisecond).String() }
	t.AppendRows([]table.Row{
		{"tenant", shown.Slug, ""}, {"tier", shown.Tier, ""}, {"state", shown.State, ""}, {"schema", shown.Schema, ""}, {"role", shown.Role, ""},
		{"made", shown.CreatedAt.UTC().Format(time.RFC3339), ""}, {"password", shown.PasswordVersion, ""}, {"tables", shown.Tables, ""},
		{"size", sizeText(shown.SizeBytes), strconv.Itoa(shown.Limits.StorageMiB) + " MiB"},
		{"sessions", shown.Sessions, shown.Limits.Connections},
		{"a statement", "", milliseconds(shown.Limits.StatementTimeoutMs)},
		{"idle in a transaction", "", milliseconds(shown.Limits.IdleInTransactionTimeoutMs)},
	})
	return t.Render()
}

func archivesText(archives []contract.Archive) string {
	t := inventory.NewTable("ARCHIVE", "MADE", "SIZE", "TABLES", "ROWS")
	for _, a := range archives {
		t.AppendRow(table.Row{a.Key, a.CreatedAt.UTC().Format(time.RFC3339), sizeText(a.Bytes), a.Tables, a.Rows})
	}
	return t.Render()
}

// sizeText is a size in the unit that suits it.
func sizeText(bytes int64) string {
	const step = 1024
	if bytes < step {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/step, "KiB"
	for _, next := range []string{"MiB", "GiB"} {
		if value >= step {
			value, unit = value/step, next
		}
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
