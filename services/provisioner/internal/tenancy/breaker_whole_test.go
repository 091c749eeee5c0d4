package tenancy_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// million has the environment cost a million dollars a month, whatever the length of this one, and a GB that is sent a dollar.
func million(limit string) pricesheet.Sheet {
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	s := pricesheet.Sheet{Environment: tenancytest.Environment, Computed: now, Limit: decimal.RequireFromString(limit), InternetGB: decimal.NewFromInt(1),
		Spared: []pricesheet.Spared{{Tenant: "spared", Reason: "the company's own shop"}}}
	s.Groups[allocation.Platform] = decimal.NewFromInt(1_000_000).Div(pricesheet.ShareOfMonth(month.AddDate(0, 1, 0).Sub(month))).Round(6)
	return s
}

// send has the ledger say that the tenant has sent so many cents' worth this month.
func send(t *testing.T, s *tenancytest.Setup, tenant string, cents int64) {
	t.Helper()
	_, err := s.Admin.Exec(ctx, `INSERT INTO platform.usage (hour, tenant, served, refused, admitted, bytes_in, bytes_out, milliseconds) VALUES (date_trunc('hour', now(), 'UTC'), $1, 1, 0, 1, 0, $2, 0)`,
		tenant, cents*10_000_000)
	require.NoError(t, err)
}

// whole is how the environment stands.
func whole(t *testing.T, s *tenancytest.Setup) *api.BreakerWhole {
	t.Helper()
	return s.Must(t, api.Request{Action: api.ActionBreaker}).Breaker.Whole
}

// At 90 per cent of its limit the environment is told, at 100 it does not grow, and at 200 those are suspended whose traffic costs it
// something. A person may overrule each of it.
func TestEnvironmentsLimit(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	for tenant, tier := range map[string]string{"acme": "enterprise", "bolt": "starter", "quiet": "pro", "spared": "pro", "held": "pro"} {
		s.Must(t, s.Request(t, tenant, tier, api.StateActive))
		if tenant != "quiet" {
			send(t, s, tenant, 150)
		}
	}
	held := s.Request(t, "held", "pro", api.StateSuspended)
	held.Reason, held.By = "it does not pay", "eve"
	s.Must(t, held)
	problems := func(limit string) []string {
		publish(t, s, million(limit))
		return s.Must(t, sweep).Problems
	}

	require.Empty(t, problems("2000000"))
	require.Equal(t, "1", whole(t, s).ForecastUSD.Div(decimal.NewFromInt(1_000_000)).StringFixed(0))
	warned := problems("1050000")
	require.Len(t, warned, 1)
	require.Contains(t, warned[0], "environment test: the breaker has changed it from free to warned (use): the environment will cost USD 100")
	require.Contains(t, warned[0], " of USD 1050000.00 this month")
	s.Must(t, s.Request(t, "cedar", "free", api.StateActive))

	require.Len(t, problems("900000"), 1)
	require.Empty(t, s.Must(t, sweep).Problems, "once")
	larger := s.Request(t, "bolt", "pro", api.StateActive)
	tried := s.Request(t, "delta", "free", api.StateActive)
	tried.DryRun = true
	for _, grows := range []api.Request{larger, tried, s.Request(t, "delta", "free", api.StateActive)} {
		_, err := s.Try(grows)
		require.ErrorContains(t, err, "of USD 900000.00 this month: from 100 per cent on, which the month has reached, no tenant is made, and none gets a larger tier")
		require.ErrorContains(t, err, "platform breaker override --limit")
	}
	s.Must(t, s.Request(t, "bolt", "starter", api.StateActive))
	s.Must(t, s.Request(t, "quiet", "starter", api.StateActive))
	require.Len(t, problems("2000000"), 1, "a limit that grows lets it go")
	s.Must(t, larger)
}

// At 200 per cent tenants are suspended, until a person, the settings or a larger limit lets them go.
func TestEnvironmentSuspends(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	acme := s.Request(t, "acme", "enterprise", api.StateActive)
	s.Must(t, acme)
	for tenant, tier := range map[string]string{"bolt": "starter", "quiet": "pro", "spared": "pro"} {
		s.Must(t, s.Request(t, tenant, tier, api.StateActive))
	}
	for _, tenant := range []string{"acme", "bolt", "spared"} {
		send(t, s, tenant, 150)
	}
	publish(t, s, million("0.001"))
	require.Len(t, s.Must(t, sweep).Problems, 3, "the environment and two tenants")
	states := func() (all []string) {
		for _, tenant := range []string{"acme", "bolt", "quiet", "spared"} {
			all = append(all, edgeState(t, s, tenant))
		}
		return all
	}
	require.Equal(t, []string{"suspended", "suspended", "active", "active"}, states())
	_, err := s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")
	s.Must(t, acme)
	require.Empty(t, s.Must(t, sweep).Problems)
	require.Equal(t, []string{"suspended", "suspended", "active", "active"}, states(), "neither a deployment nor another sweep changes that")
	stand := stands(t, s, "acme")
	require.True(t, stand.ForAll)
	require.True(t, stands(t, s, "spared").Spared)
	require.Equal(t, []string{"environment", "suspended", ""}, []string{stand.Last.Cause, stand.Last.After, stand.Last.Due})
	require.Contains(t, stand.Last.Note, "the environment will cost USD 1")

	until := time.Now().Add(time.Hour)
	s.Must(t, api.Request{Action: api.ActionOverride, Tenant: "bolt", By: "eve", Reason: "they pay more", Until: until})
	require.Equal(t, []string{"suspended", "active", "active", "active"}, states())
	s.Must(t, api.Request{Action: api.ActionOverride, By: "eve", Reason: "the sale of the year", Until: until})
	require.Equal(t, []string{"active", "active", "active", "active"}, states())
	require.Equal(t, []string{"warned", "suspended", "eve"}, []string{whole(t, s).Level, whole(t, s).Due, whole(t, s).Override.By})
	s.Must(t, s.Request(t, "cedar", "free", api.StateActive))
	s.Must(t, api.Request{Action: api.ActionEndOverride, By: "adam"})
	require.Equal(t, []string{"suspended", "active", "active", "active"}, states())
	_, err = s.Try(api.Request{Action: api.ActionEndOverride, By: "adam"})
	require.ErrorContains(t, err, "there is nothing to end")

	publish(t, s, million("3000000"))
	require.Len(t, s.Must(t, sweep).Problems, 2)
	require.Equal(t, []string{"active", "active", "active", "active"}, states())
	var told []string
	for _, e := range s.Must(t, api.Request{Action: api.ActionBreakerLog}).Breaker.Events {
		told = append(told, e.Tenant+" "+e.Cause+": "+e.Before+" to "+e.After)
	}
	require.Equal(t, []string{
		"acme environment: suspended to ", " limit: suspended to ", "acme environment:  to suspended", " override ended: warned to suspended", "acme environment: suspended to ",
		" override: suspended to warned", "bolt environment: suspended to ", "bolt environment:  to suspended", "acme environment:  to suspended", " use:  to suspended",
	}, told)
}
