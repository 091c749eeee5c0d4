package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
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
	text := fmt.Sprintf("tenant %s of %s: %s in %s", r.Tenant, r.Environment, counts, tookText(r.DurationSeconds))
	if r.SecretARN == "" || r.Changes["delete"] > 0 {
		return text
	}
	return fmt.Sprintf("%s\n\n%s\nits connection is in the secret %s", t.Render(), text, r.SecretARN) + warningsText(r.Warnings)
}

func tookText(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(100 * time.Millisecond).String()
}

// warningsText puts each warning on a line of its own, after what it is about.
func warningsText(warnings []string) string {
	var text strings.Builder
	for _, warning := range warnings {
		text.WriteString("\nwarning: " + warning)
	}
	return text.String()
}

// wouldText says of a count of changes that they are not done.
func wouldText(counts string) string {
	for done, would := range map[string]string{"created": "to create", "updated": "to update", "deleted": "to delete"} {
		counts = strings.ReplaceAll(counts, done, would)
	}
	return counts
}

func listText(list *tenant.List) string {
	if len(list.Tenants) == 0 {
		return fmt.Sprintf("environment %s has no tenants: `platform tenant create <tenant> --tier free --env %s` makes one", list.Environment, list.Environment)
	}
	t := inventory.NewTable("TENANT", "TIER", "STATE", "SIZE", "OF MIB", "TABLES", "SESSIONS", "OF", "USD SO FAR", "OF USD")
	for _, l := range list.Tenants {
		t.AppendRow(table.Row{
			l.Slug, l.Tier, stateText(l.Tenant), sizeText(l.SizeBytes), l.Limits.StorageMiB, l.Tables, l.Sessions, l.Limits.Connections,
			costText(l.SpentUSD, l.CostKnown), costText(l.BudgetUSD, l.CostKnown),
		})
	}
	return t.Render() + "\n(cost: what AWS has counted this month for the tenant's tag, 8 to 12 hours late)" + warningsText(list.Warnings)
}

func stateText(t api.Tenant) string {
	if t.OverStorage {
		return string(t.State) + ", over its storage"
	}
	return string(t.State)
}

func costText(usd *string, known bool) string {
	switch {
	case !known:
		return "unknown"
	case usd == nil:
		return "-"
	default:
		return *usd
	}
}

func shownText(shown *tenant.Shown) string {
	var parts []string
	if shown.Tenant != nil {
		parts = append(parts, tenantText(*shown.Tenant))
	}
	if len(shown.Archives) > 0 {
		parts = append(parts, archivesText(shown.Archives))
	}
	for _, problem := range shown.Problems {
		parts = append(parts, "problem: "+problem)
	}
	return strings.Join(parts, "\n\n") + warningsText(shown.Warnings)
}

func archivedText(a *tenant.Archived) string {
	what := "done in " + tookText(a.DurationSeconds)
	if a.DryRun {
		what = "nothing done, and nothing would refuse it"
	}
	text := fmt.Sprintf("tenant %s of %s: %s", a.Tenant, a.Environment, what)
	if a.Archive != nil {
		text = archivesText([]api.Archive{*a.Archive}) + "\n\n" + text
	}
	return text + warningsText(a.Warnings)
}

func tenantText(shown tenant.Listed) string {
	t := inventory.NewTable("WHAT", "IS", "LIMIT")
	limits := shown.Limits
	milliseconds := func(n int) string { return (time.Duration(n) * time.Millisecond).String() }
	t.AppendRows([]table.Row{
		{"tenant", shown.Slug, ""}, {"tier", shown.Tier, ""}, {"state", stateText(shown.Tenant), ""}, {"schema", shown.Schema, ""}, {"role", shown.Role, ""},
		{"secret", shown.SecretARN, ""}, {"made", shown.CreatedAt.UTC().Format(time.RFC3339), ""}, {"password", shown.PasswordVersion, ""},
		{"tables", shown.Tables, ""},
		{"size", sizeText(shown.SizeBytes), strconv.Itoa(limits.StorageMiB) + " MiB"},
		{"sessions", shown.Sessions, limits.Connections},
		{"a statement", "", milliseconds(limits.StatementTimeoutMs)},
		{"idle in a transaction", "", milliseconds(limits.IdleInTransactionTimeoutMs)},
		{"temporary files", "", strconv.Itoa(limits.TempFileLimitKiB/1024) + " MiB"},
		{"USD this month", costText(shown.SpentUSD, shown.CostKnown), costText(shown.BudgetUSD, shown.CostKnown)},
	})
	return t.Render()
}

func archivesText(archives []api.Archive) string {
	t := inventory.NewTable("ARCHIVE", "MADE", "SIZE", "TABLES", "ROWS")
	for _, a := range archives {
		t.AppendRow(table.Row{orDash(a.Key), a.CreatedAt.UTC().Format(time.RFC3339), sizeText(a.Bytes), a.Tables, a.Rows})
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
