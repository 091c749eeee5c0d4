package tenant

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// changeText is a tenant after a change, for a person.
func changeText(r *tenant.Report) string {
	counts := render.Changes(r.Changes)
	if r.DryRun {
		return fmt.Sprintf("tenant %s of %s, nothing done: %s", r.Tenant, r.Environment, render.Planned(r.Changes))
	}
	t := render.NewTable("TENANT", "TIER", "STATE", "PASSWORD", "SCHEMA", "ROLE", "HOST")
	if r.SecretARN != "" {
		t.AppendRow(render.Row{r.Tenant, r.Tier, r.State, r.PasswordVersion, render.Dash(r.Schema), render.Dash(r.Role), render.Dash(r.HostName)})
	}
	text := fmt.Sprintf("tenant %s of %s: %s in %s", r.Tenant, r.Environment, counts, render.Duration(r.DurationSeconds))
	if r.SecretARN == "" || r.Changes["delete"] > 0 {
		return text
	}
	text = fmt.Sprintf("%s\n\n%s\nits connection is in the secret %s", t.Render(), text, r.SecretARN)
	if r.Reason != "" {
		text += "\nwhy: " + r.Reason
	}
	if r.Hold != nil {
		text += "\nheld " + holdText(*r.Hold)
	}
	if r.Was != nil {
		text += "\nit was held " + holdText(*r.Was)
	}
	return text + warningsText(r.Warnings)
}

// severalText is what came of several tenants, for a person.
func severalText(s *tenant.Several) string {
	t := render.NewTable("TENANT", "TIER", "STATE", "CHANGES", "TOOK", "WHAT FAILED")
	for _, r := range s.Tenants {
		changes := render.Changes(r.Changes)
		if s.DryRun {
			changes = render.Planned(r.Changes)
		}
		t.AppendRow(render.Row{r.Tenant, r.Tier, r.State, changes, render.Duration(r.DurationSeconds), ""})
	}
	for _, f := range s.Failed {
		t.AppendRow(render.Row{f.Tenant, f.Tier, "", "", "", f.Error})
	}
	word := "created"
	if s.DryRun {
		word = "could be created, nothing done"
	}
	text := fmt.Sprintf("%s\n\n%s of %s %s in %s", t.Render(), printable.Count(len(s.Tenants), "tenant"), s.Environment, word, render.Duration(s.DurationSeconds))
	for _, r := range s.Tenants {
		for _, warning := range r.Warnings {
			text += warningsText([]string{r.Tenant + ": " + warning})
		}
	}
	return text
}

// holdText says since when, by whom and why a tenant is suspended or limited.
func holdText(h api.Hold) string {
	text := "since " + h.Since.UTC().Format(time.RFC3339)
	if h.By != "" {
		text += " by " + h.By
	}
	if h.Why != "" {
		text += ", because: " + h.Why
	}
	return text
}

// warningsText puts each warning on a line of its own, after what it is about.
func warningsText(warnings []string) string {
	var lines strings.Builder
	for _, warning := range warnings {
		lines.WriteString("\nwarning: " + warning)
	}
	return lines.String()
}

func listText(list *tenant.List) string {
	if len(list.Tenants) == 0 {
		return fmt.Sprintf("environment %s has no tenants: `platform tenant create <tenant> --tier free --env %s` makes one", list.Environment, list.Environment)
	}
	t := render.NewTable("TENANT", "TIER", "STATE", "SIZE", "OF MIB", "TABLES", "SESSIONS", "OF", "USD USED", "OF USD")
	for _, l := range list.Tenants {
		t.AppendRow(render.Row{
			l.Slug, l.Tier, stateText(l.Tenant), render.Size(l.SizeBytes), l.Limits.StorageMiB, l.Tables, l.Sessions, l.Limits.Connections,
			costText(l.UsedUSD), costText(l.AllowanceUSD),
		})
	}
	return t.Render() + "\n(USD: what the tenant's use has cost this month, by which the breaker acts, and what its tier may use; `platform cost --by tenant` has its\nwhole cost, price and margin)" + warningsText(list.Warnings)
}

// stateText is the state, and what keeps the tenant from it.
//
//page:tenant-over-limit sentences
func stateText(t api.Tenant) string {
	switch held := t.Held(); {
	case held.By == api.HolderBilling:
		//page:billing-dispute
		return string(t.State) + ", but " + string(held.State) + " by billing"
	case held.State != "":
		//page:budget-100
		return string(t.State) + ", but " + string(held.State) + " by the breaker"
	case t.LoginBlocked:
		return string(t.State) + ", but locked out for its size"
	case t.OverStorage:
		return string(t.State) + ", but read-only for its size"
	case t.Hold != nil && t.Hold.Why != "":
		const most = 40 // the whole reason is in show
		why := []rune(t.Hold.Why)
		if len(why) > most {
			why = append(why[:most-1], '…')
		}
		return string(t.State) + ": " + string(why)
	default:
		return string(t.State)
	}
}

func costText(usd *decimal.Decimal) string {
	if usd == nil {
		return "unknown"
	}
	return usd.StringFixed(2)
}

func shownText(shown *tenant.Shown) string {
	var parts []string
	if shown.Tenant != nil {
		parts = append(parts, tenantText(*shown.Tenant))
		if shown.WayOut != "" {
			held := ""
			if shown.Tenant.Hold != nil {
				held = "\nheld " + holdText(*shown.Tenant.Hold)
			}
			parts = append(parts, "why: "+shown.Tenant.Reason+held+"\nway out: "+shown.WayOut)
		}
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
	what := "done in " + render.Duration(a.DurationSeconds)
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
	t := render.NewTable("WHAT", "IS", "LIMIT")
	limits := shown.Limits
	milliseconds := func(n int) string { return (time.Duration(n) * time.Millisecond).String() }
	t.AppendRows([]render.Row{
		{"tenant", shown.Slug, ""}, {"tier", shown.Tier, ""}, {"state", stateText(shown.Tenant), ""}, {"schema", shown.Schema, ""}, {"role", shown.Role, ""},
		{"secret", shown.SecretARN, ""}, {"invoices go to", render.Dash(shown.BillingEmail), ""}, {"made", shown.CreatedAt.UTC().Format(time.RFC3339), ""}, {"password", shown.PasswordVersion, ""},
		{"tables", shown.Tables, ""},
		{"size", render.Size(shown.SizeBytes), strconv.Itoa(limits.StorageMiB) + " MiB"},
		{"sessions", shown.Sessions, limits.Connections},
		{"a statement", "", milliseconds(limits.StatementTimeoutMs)},
		{"idle in a transaction", "", milliseconds(limits.IdleInTransactionTimeoutMs)},
		{"temporary files", "", strconv.Itoa(limits.TempFileLimitKiB/1024) + " MiB"},
		{"USD used this month", costText(shown.UsedUSD), costText(shown.AllowanceUSD)},
	})
	return t.Render()
}

func archivesText(archives []api.Archive) string {
	t := render.NewTable("ARCHIVE", "MADE", "SIZE", "TABLES", "ROWS")
	for _, a := range archives {
		t.AppendRow(render.Row{render.Dash(a.Key), a.CreatedAt.UTC().Format(time.RFC3339), render.Size(a.Bytes), a.Tables, a.Rows})
	}
	return t.Render()
}
