package migrate

import (
	"fmt"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/migrations/checks"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// text is how tenants stand, one a row, and a line that sums up.
func text(m *tenant.Migrated) string {
	if len(m.Findings) == 0 {
		return standing(m)
	}
	var out strings.Builder
	for _, f := range m.Findings {
		out.WriteString(finding(f) + "\n")
	}
	if !m.DryRun && len(checks.RefusedBy(m.Findings)) > 0 {
		return out.String() + fmt.Sprintf("environment %s: nothing was applied", m.Environment)
	}
	return out.String() + standing(m)
}

// finding is a line that says what a statement does and what becomes of it, and others that say why and what is safer.
func finding(f checks.Finding) string {
	var out strings.Builder
	table := printable.Line(f.Table)
	fmt.Fprintf(&out, "%s, line %d: %s (%s): %s\n  %s", f.Migration, f.Line, f.Verdict, f.Rule, printable.Line(f.Statement), f.Why)
	switch {
	case f.Table != "" && f.Largest == nil:
		fmt.Fprintf(&out, "\n  %s: no tenant that lacks the migration has it", table)
	case f.Largest != nil && f.Largest.Bytes < 0:
		fmt.Fprintf(&out, "\n  %s: not measured, as tenant %s keeps it locked", table, f.Largest.Tenant)
	case f.Largest != nil:
		fmt.Fprintf(&out, "\n  %s: at most %s with about %s, in tenant %s", table, render.Size(f.Largest.Bytes), printable.Count(f.Largest.Rows, "row"), f.Largest.Tenant)
	}
	if f.Verdict != checks.Harmless {
		out.WriteString("\n  safer: " + f.Safer)
	}
	return out.String()
}

// standing is how tenants stand.
func standing(m *tenant.Migrated) string {
	if m.All == 0 {
		return fmt.Sprintf("environment %s has no tenants", m.Environment)
	}
	var out strings.Builder
	if len(m.Tenants) > 0 {
		t := render.NewTable("TENANT", "STATE", "VERSION", "WOULD GET", "WHY")
		for _, told := range m.Tenants {
			t.AppendRow(render.Row{told.Tenant, string(told.State), or(told.Version), or(pending(told.Pending)), or(why(told))})
		}
		out.WriteString(t.Render() + "\n")
	}
	if m.Version == "" {
		fmt.Fprintf(&out, "(%s, %s, as they were left when they were last tried)", m.Environment, printable.Count(m.All, "tenant"))
		return out.String()
	}
	fmt.Fprintf(&out, "environment %s: %d of %s at %s", m.Environment, m.Done, printable.Count(m.All, "tenant"), m.Version)
	if m.Stopped != "" {
		out.WriteString("; the run has stopped: " + m.Stopped)
	}
	return out.String()
}

// pending names the first that a tenant would get, and how many follow.
func pending(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}

// why says what is in the way, and for a tenant that a person holds, what that person said.
func why(t api.TenantMigrations) string {
	if t.State == api.MigrationsHeld && t.Hold != nil {
		return fmt.Sprintf("held by %s since %s: %s", or(t.Hold.By), t.Hold.Since.UTC().Format("2006-01-02 15:04"), t.Hold.Why)
	}
	return t.Why
}

func or(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
