package announcement

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

func event(tenant, before, after, cause, used, allowance string) api.BreakerEvent {
	return api.BreakerEvent{
		At: time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC), Tenant: tenant, Tier: "pro", Before: before, After: after, Cause: cause,
		UsedUSD: decimal.RequireFromString(used), AllowanceUSD: decimal.RequireFromString(allowance),
	}
}

// One mail tells of all, the worst first, with the numbers, the page and the commands.
func TestMail(t *testing.T) {
	t.Parallel()
	forAll := event("bolt", "", "suspended", "environment", "3", "12.25")
	forAll.Note, forAll.Blind = "the environment will cost USD 5100.00 of USD 2500.00 this month", true
	subject, text := Of("prod", []api.BreakerEvent{
		event("", "limited", "suspended", "use", "5100", "2500"), event("acme", "warned", "limited", "use", "12.3", "12.25"), forAll, event("elm", "limited", "", "tier", "13", "37.25"),
	})
	require.Equal(t, "Breaker of prod: the environment is suspended at 204 per cent, 1 suspended, 1 limited, 1 let go", subject)
	require.Equal(t, `What the breaker of environment prod did, 2026-11-30 02:00:00 to 2026-11-30 02:00:00 UTC:

The environment is suspended (use): this month will cost USD 5100.00 of USD 2500.00, 204 per cent. Tenants are suspended whose traffic costs it something; no tenant is made, and none gets a larger tier. If they are few or none, nothing of what costs so much ends with them: people must act.

Suspended: they cannot log in, and their sessions have ended.
  bolt (pro), before that free: its use costs USD 3.00 of USD 12.25 this month, 24 per cent; cause: environment: the environment will cost USD 5100.00 of USD 2500.00 this month (not all is known)

Limited: they may only read, on one connection.
  acme (pro), before that warned: its use costs USD 12.30 of USD 12.25 this month, 100 per cent; cause: use

Let go: they work as before.
  elm (pro), before that limited: its use costs USD 13.00 of USD 37.25 this month, 34 per cent; cause: tier

What to do: runbooks/budget-200.md
How all stand: platform breaker --env prod
Each act: platform breaker log --env prod
`, text)
}

func TestBlindMail(t *testing.T) {
	t.Parallel()
	blind := event("", "warned", "warned", Blind, "1", "0")
	blind.Note = "the edge has counted no request for 6h0m0s"
	subject, text := Of("prod", []api.BreakerEvent{event("", "", "warned", "use", "91", "100"), blind})
	require.Equal(t, "Breaker of prod: the environment is warned at 91 per cent, blind", subject)
	require.Contains(t, text, "It is blind: the edge has counted no request for 6h0m0s.")
	require.Contains(t, text, "What to do: runbooks/meter-blind.md")
	subject, _ = Of("prod", []api.BreakerEvent{event("", "", "", SeesAgain, "1", "0")})
	require.Equal(t, "Breaker of prod: no longer blind", subject)
}

// Five hundred acts are one mail that SNS takes: a subject of at most 100 characters of ASCII, and a text of at most 256 KiB.
func TestManyActsAreOneMail(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("a", 40)
	var events []api.BreakerEvent
	for i := range 1000 {
		events = append(events, event(fmt.Sprintf("%s-%d", name, i), "limited", []string{"suspended", "limited", "warned", ""}[i%4], "override ended", "123456.78", "12.25"))
	}
	events = append(events, event("", "limited", "suspended", "use", "123456789", "2500"), event("", "", "", Blind, "1", "0"))
	subject, text := Of(name[:20], events)
	require.LessOrEqual(t, len(subject), 100)
	require.Less(t, len(text), 256<<10)
	require.Contains(t, text, "  and 200 more\n")
	require.Equal(t, 4*50, strings.Count(text, "before that"))
}
