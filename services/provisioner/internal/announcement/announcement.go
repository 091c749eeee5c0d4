// Package announcement writes the mail that tells people what the breaker did: what a tired person needs, in plain words.
package announcement

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// The causes of events that are about the breaker's sight, not about a level.
const (
	Blind     = "blind"
	SeesAgain = "sees again"
)

// mostLines is how many tenants of each kind one mail names. The log has all.
const mostLines = 50

// mostSubject is what SNS takes of a subject, which must be ASCII: names of environments are.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const mostSubject = 100

// kinds are the kinds of acts, the worst first, with what each means and the page of runbooks/ for it.
var kinds = []struct{ level, count, title, page string }{
	{"suspended", "suspended", "Suspended: they cannot log in, and their sessions have ended.", "budget-200"},
	{"limited", "limited", "Limited: they may only read, on one connection.", "budget-100"},
	{"warned", "warned", "At 90 per cent: nothing is held yet.", "budget-90"},
	{"", "let go", "Let go: they work as before.", "budget-90"},
}

// ofEnvironment is what the environment's levels mean.
var ofEnvironment = map[string]string{
	"suspended": "Tenants are suspended whose traffic costs it something; no tenant is made, and none gets a larger tier. If they are few or none, nothing of what costs so much ends with them: people must act.",
	"limited":   "No tenant is made, and none gets a larger tier.",
	"warned":    "Nothing is held yet.",
	"":          "Nothing is held any more.",
}

// Of is the mail about events of an environment, the earliest first. There must be one.
func Of(environment string, events []api.BreakerEvent) (subject, text string) {
	var out strings.Builder
	fmt.Fprintf(&out, "What the breaker of environment %s did, %s to %s UTC:\n", environment, events[0].At.UTC().Format(time.DateTime), events[len(events)-1].At.UTC().Format(time.DateTime))
	counts, pages := ownLines(&out, events)
	for _, kind := range kinds {
		count := 0
		for _, e := range events {
			if e.Tenant == "" || e.After != kind.level {
				continue
			}
			if count++; count == 1 {
				fmt.Fprintf(&out, "\n%s\n", kind.title)
			}
			if count <= mostLines {
				out.WriteString("  " + line(e) + "\n")
			}
		}
		if count > mostLines {
			fmt.Fprintf(&out, "  and %d more\n", count-mostLines)
		}
		if count > 0 {
			counts, pages = append(counts, fmt.Sprintf("%d %s", count, kind.count)), append(pages, kind.page)
		}
	}
	fmt.Fprintf(&out, "\nWhat to do: runbooks/%s.md\nHow all stand: platform breaker --env %s\nEach act: platform breaker log --env %s\n", pages[0], environment, environment)
	//page:budget-100
	subject = fmt.Sprintf("Breaker of %s: %s", environment, strings.Join(counts, ", "))
	return subject[:min(len(subject), mostSubject)], out.String()
}

// ownLines writes what is about the environment itself.
func ownLines(out *strings.Builder, events []api.BreakerEvent) (counts, pages []string) {
	for _, e := range events {
		switch {
		case e.Tenant != "":
			continue
		case e.Cause == Blind:
			//page:meter-blind
			fmt.Fprintf(out, "\nIt is blind: %s.\nUntil it sees again it lets nobody go, and nobody gets a larger tier.\n", e.Note)
			counts, pages = append(counts, "blind"), append([]string{"meter-blind"}, pages...)
		case e.Cause == SeesAgain:
			out.WriteString("\nIt is no longer blind, and decides by what it sees.\n")
			counts, pages = append(counts, "no longer blind"), append(pages, "meter-blind")
		default:
			fmt.Fprintf(out, "\nThe environment is %s (%s): this month will cost USD %s of USD %s, %s per cent. %s\n",
				level(e.After), e.Cause, e.UsedUSD.StringFixed(2), e.AllowanceUSD.StringFixed(2), percent(e), ofEnvironment[e.After])
			counts = append(counts, fmt.Sprintf("the environment is %s at %s per cent", level(e.After), percent(e)))
			for _, kind := range kinds {
				if kind.level == e.After {
					pages = append(pages, kind.page)
				}
			}
		}
	}
	return counts, pages
}

// line tells of one tenant.
func line(e api.BreakerEvent) string {
	text := fmt.Sprintf("%s (%s), before that %s: its use costs USD %s of USD %s this month, %s per cent; cause: %s", e.Tenant, e.Tier, level(e.Before),
		e.UsedUSD.StringFixed(2), e.AllowanceUSD.StringFixed(2), percent(e), e.Cause)
	if e.Note != "" {
		text += ": " + e.Note
	}
	if e.Blind {
		text += " (not all is known)"
	}
	return text
}

func level(name string) string {
	if name == "" {
		return "free"
	}
	return name
}

// percent is rounded down, as the boundaries are.
func percent(e api.BreakerEvent) string {
	if !e.AllowanceUSD.IsPositive() {
		return "unknown"
	}
	return e.UsedUSD.Mul(decimal.NewFromInt(100)).Div(e.AllowanceUSD).Floor().String()
}
