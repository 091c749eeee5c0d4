package billing

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/printable"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

func statusText(b *tenant.Billing) string {
	text := fmt.Sprintf("environment %s has no tenants", b.Environment)
	if len(b.Tenants) > 0 {
		t := render.NewTable("TENANT", "TIER", "USD A MONTH", "CUSTOMER", "SUBSCRIPTION", "PAYS FOR", "OVERDUE SINCE", "HELD BY BILLING")
		for _, row := range b.Tenants {
			held := "-"
			if row.Held != provisioner.StateActive {
				held = fmt.Sprintf("%s since %s", row.Held, day(row.HeldSince))
			}
			t.AppendRow(render.Row{
				row.Slug, row.Tier, row.PriceUSD.StringFixed(2), cmp.Or(row.Customer, "-"), cmp.Or(row.Subscription, "-"), cmp.Or(row.SubscriptionTier, "-"), day(row.OverdueSince), held,
			})
		}
		text = t.Render()
	}
	return text + listText("the next run would do", b.Due) + findingsText(b) + fmt.Sprintf("\n(%s, %s)", b.Environment, modeText(b))
}

func runText(b *tenant.Billing) string {
	text := fmt.Sprintf("environment %s: nothing was to be done in Stripe", b.Environment)
	if len(b.Done) > 0 {
		text = fmt.Sprintf("environment %s: %s in Stripe:\n  %s", b.Environment, printable.Count(len(b.Done), "change"), strings.Join(b.Done, "\n  "))
	}
	return text + findingsText(b) + fmt.Sprintf("\n(%s)", modeText(b))
}

func modeText(b *tenant.Billing) string {
	switch {
	case b.Live:
		return "real money"
	case b.StandIn:
		return "the local cloud's stand-in of Stripe: nobody is sent anything, and nobody pays; `platform local stripe` shows it"
	}
	return "Stripe's test mode"
}

func listText(what string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "\n" + what + ":\n  " + strings.Join(lines, "\n  ")
}

// findingsText is what a person should know, a line each.
func findingsText(b *tenant.Billing) string {
	lines := make([]string, 0, len(b.Findings))
	for _, f := range b.Findings {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", f.Kind, cmp.Or(f.Tenant, f.Subject), f.Text))
	}
	return listText("found", lines)
}

func day(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.DateOnly)
}
