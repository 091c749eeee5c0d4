package tenancy_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// prices are those by which a second of a node's processor costs a tenth of a cent, and nothing else costs anything.
func prices() pricesheet.Sheet {
	s := pricesheet.Sheet{Environment: tenancytest.Environment, Computed: time.Now().Add(-time.Minute), NodeVCPUs: decimal.NewFromInt(10_000)}
	s.Groups[allocation.Compute] = decimal.NewFromInt(10_000 * 730 * 3600 / 1000)
	return s
}

func publish(t *testing.T, s *tenancytest.Setup, sheet pricesheet.Sheet) {
	t.Helper()
	s.Must(t, api.Request{Action: api.ActionPublishPrices, Prices: &sheet})
}

// spend has the ledger say that the tenant has used so many cents this month.
func spend(t *testing.T, s *tenancytest.Setup, tenant string, cents int64) {
	t.Helper()
	const millisecondsOfCent = 10_000
	_, err := s.Admin.Exec(ctx, `INSERT INTO platform.usage (hour, tenant, served, refused, admitted, bytes_in, bytes_out, milliseconds) VALUES (date_trunc('hour', now(), 'UTC'), $1, 1, 0, 1, 0, 0, $2)
		ON CONFLICT (hour, tenant) DO UPDATE SET milliseconds = excluded.milliseconds`, tenant, cents*millisecondsOfCent)
	require.NoError(t, err)
}

// stands tells how the breaker's status has the tenant.
func stands(t *testing.T, s *tenancytest.Setup, tenant string) api.BreakerTenant {
	t.Helper()
	for _, told := range s.Must(t, api.Request{Action: api.ActionBreaker}).Breaker.Tenants {
		if told.Slug == tenant {
			return told
		}
	}
	t.Fatalf("the breaker knows no tenant %s", tenant)
	return api.BreakerTenant{}
}

// edgeState is what the edge sees of the tenant.
func edgeState(t *testing.T, s *tenancytest.Setup, tenant string) (state string) {
	t.Helper()
	require.NoError(t, s.Admin.QueryRow(ctx, `SELECT state FROM platform_edge.tenant WHERE slug = $1`, tenant).Scan(&state))
	return state
}

// From the first cent to the closed door and back: database and edge follow the ledger, and a deployment frees nobody.
func TestBreaker(t *testing.T) { tenancytest.OnEach(t, testBreaker) }

func testBreaker(t *testing.T, s *tenancytest.Setup) {
	pro := s.Request(t, "acme", "pro", api.StateActive)
	s.Must(t, pro)
	s.Must(t, s.Request(t, "bolt", "pro", api.StateActive))
	publish(t, s, prices())
	session := s.Login(t, "acme")
	must(t, session, `CREATE TABLE kept (id int)`)

	spend(t, s, "acme", 1102)
	require.Empty(t, s.Must(t, sweep).Problems, "89.96 per cent")
	spend(t, s, "acme", 1103)
	require.Equal(t, []string{"tenant acme: the breaker has changed it from free to warned (use): its use costs USD 11.03 of USD 12.25 this month"}, s.Must(t, sweep).Problems)
	require.Empty(t, s.Must(t, sweep).Problems, "once")
	must(t, session, `INSERT INTO kept VALUES (1)`)
	require.Equal(t, "active", edgeState(t, s, "acme"))

	spend(t, s, "acme", 1225)
	require.Equal(t, []string{"tenant acme: the breaker has changed it from warned to limited (use): its use costs USD 12.25 of USD 12.25 this month"}, s.Must(t, sweep).Problems)
	_, err := session.Exec(ctx, `SELECT 1`)
	require.Error(t, err, "its sessions have ended")
	session = s.Login(t, "acme")
	must(t, session, `SELECT * FROM kept`, `SET default_transaction_read_only = off`)
	_, err = session.Exec(ctx, `INSERT INTO kept VALUES (2)`)
	require.ErrorContains(t, err, "permission denied")
	require.Equal(t, "limited", edgeState(t, s, "acme"))
	require.Equal(t, "active", edgeState(t, s, "bolt"))
	require.Empty(t, problems(t, s, "acme"), "it is as its record says")

	applied := s.Must(t, pro).Tenant
	require.Equal(t, []api.State{api.StateActive, api.StateLimited}, []api.State{applied.State, applied.Breaker}, "a deployment changes its own part")
	require.Contains(t, applied.Reason, "limited by the breaker")
	require.Equal(t, "limited", edgeState(t, s, "acme"))
	_, err = s.Try(api.Request{Action: api.ActionCleanUp, Tenant: "acme"})
	require.ErrorContains(t, err, "the breaker holds the tenant limited: override it first")

	until := time.Now().Add(time.Hour)
	overridden := s.Must(t, api.Request{Action: api.ActionOverride, Tenant: "acme", By: "eve", Reason: "they pay for it", Until: until}).Breaker.Tenants
	require.Len(t, overridden, 1)
	require.Equal(t, []string{"warned", "limited", "eve", "they pay for it"}, []string{overridden[0].Level, overridden[0].Due, overridden[0].Override.By, overridden[0].Override.Reason})
	require.Equal(t, "active", edgeState(t, s, "acme"))
	must(t, s.Login(t, "acme"), `INSERT INTO kept VALUES (3)`)
	spend(t, s, "acme", 2450)
	require.Empty(t, s.Must(t, sweep).Problems, "what is due does not hold yet")
	require.Equal(t, "suspended", stands(t, s, "acme").Due)
	s.Must(t, api.Request{Action: api.ActionEndOverride, Tenant: "acme", By: "adam"})
	_, err = s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")
	require.Equal(t, "suspended", edgeState(t, s, "acme"))
	s.Must(t, pro)
	_, err = s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")

	spend(t, s, "acme", 0)
	require.Empty(t, s.Must(t, sweep).Problems, "in a month nobody is let go")
	spend(t, s, "acme", 2450)
	s.Must(t, s.Request(t, "acme", "enterprise", api.StateActive))
	require.Equal(t, []string{"tenant acme: the breaker has changed it from suspended to free (tier): its use costs USD 24.50 of USD 37.25 this month"}, s.Must(t, sweep).Problems)
	must(t, s.Login(t, "acme"), `INSERT INTO kept VALUES (4)`)
	require.Empty(t, problems(t, s, "acme"))

	var told []string
	for _, e := range s.Must(t, api.Request{Action: api.ActionBreakerLog, Tenant: "acme"}).Breaker.Events {
		told = append(told, e.Cause+": "+e.Before+" to "+e.After+" of "+e.Due+", USD "+e.UsedUSD.StringFixed(2)+" of "+e.AllowanceUSD.StringFixed(2))
		require.False(t, e.Blind)
	}
	require.Equal(t, []string{
		"tier: suspended to  of , USD 24.50 of 37.25", "override ended: warned to suspended of suspended, USD 24.50 of 12.25",
		"use: warned to warned of suspended, USD 24.50 of 12.25", "override: limited to warned of limited, USD 12.25 of 12.25",
		"use: warned to limited of limited, USD 12.25 of 12.25", "use:  to warned of warned, USD 11.03 of 12.25",
	}, told)
	require.Empty(t, s.Must(t, api.Request{Action: api.ActionBreakerLog, Tenant: "bolt"}).Breaker.Events)
}

// The new month lets go whom the breaker held, and nobody else; without eyes it lets go nobody, and says so.
func TestBreakerAtTheTurnOfTheMonth(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	for _, tenant := range []string{"acme", "bolt"} {
		s.Must(t, s.Request(t, tenant, "pro", api.StateActive))
	}
	publish(t, s, prices())
	spend(t, s, "acme", 1225)
	spend(t, s, "bolt", 5000)
	s.Must(t, sweep)
	byPerson := s.Request(t, "acme", "pro", api.StateSuspended)
	byPerson.Reason, byPerson.By = "it does not pay", "eve"
	s.Must(t, byPerson)
	for _, turn := range []string{
		`UPDATE platform.tenant SET breaker_month = breaker_month - interval '1 month'`, `UPDATE platform.usage SET hour = hour - interval '40 days'`,
		`UPDATE platform.price_sheet SET sheet = jsonb_set(sheet, '{computed}', to_jsonb(now() - interval '36 days'))`,
	} {
		_, err := s.Admin.Exec(ctx, turn)
		require.NoError(t, err)
	}
	_, err := s.Try(sweep)
	require.ErrorContains(t, err, "the breaker lets nobody go: what the environment costs was computed on")
	require.Equal(t, "suspended", stands(t, s, "bolt").Level, "the prices are too old to let anybody go by")
	blind := s.Must(t, api.Request{Action: api.ActionBreaker}).Breaker.Blind
	require.Len(t, blind, 1)

	publish(t, s, prices())
	require.Len(t, s.Must(t, sweep).Problems, 2)
	require.Equal(t, "active", edgeState(t, s, "bolt"))
	must(t, s.Login(t, "bolt"), `CREATE TABLE mine ()`)
	require.Equal(t, "suspended", edgeState(t, s, "acme"), "a person's word stays")
	_, err = s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")
	acme := stands(t, s, "acme")
	require.Equal(t, []string{"", string(api.StateSuspended)}, []string{acme.Level, string(acme.State)})
}

// An environment without prices holds nobody; if that lasts, the sweep fails, so that somebody is called.
func TestBreakerWithoutPrices(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	spend(t, s, "acme", 100_000)
	require.Empty(t, s.Must(t, sweep).Problems)
	told := s.Must(t, api.Request{Action: api.ActionBreaker}).Breaker
	require.Nil(t, told.Prices)
	require.Equal(t, []string{"nobody has published what the environment costs: `platform breaker publish` does"}, told.Blind)
	_, err := s.Admin.Exec(ctx, `UPDATE platform.tenant SET created_at = now() - interval '25 hours'`)
	require.NoError(t, err)
	_, err = s.Try(sweep)
	require.ErrorContains(t, err, "nobody has published what the environment costs: run `platform breaker publish`")

	now := time.Now()
	for want, sheet := range map[string]func(*pricesheet.Sheet){
		`prices.environment: got "prod", expected "test"`: func(s *pricesheet.Sheet) { s.Environment = "prod" },
		"prices.computed: got":                            func(s *pricesheet.Sheet) { s.Computed = now.Add(time.Hour) },
		`request.prices.ownUsd: got "-1"`:                 func(s *pricesheet.Sheet) { s.Own = decimal.NewFromInt(-1) },
	} {
		wrong := prices()
		sheet(&wrong)
		_, err := s.Try(api.Request{Action: api.ActionPublishPrices, Prices: &wrong})
		require.ErrorContains(t, err, want)
	}
	publish(t, s, prices())
	for hour := range 3 { // more than a number of 64 bits holds
		_, err := s.Admin.Exec(ctx, `INSERT INTO platform.usage VALUES (date_trunc('hour', now(), 'UTC') + $1 * interval '1 hour', 'absurd', 0, 0, 0, 0, 9223372036854775807, 9223372036854775807)`, hour)
		require.NoError(t, err)
	}
	earlier := prices()
	earlier.Computed = now.Add(-time.Hour)
	_, err = s.Try(api.Request{Action: api.ActionPublishPrices, Prices: &earlier})
	require.ErrorContains(t, err, "expected a time that is not before that of the prices that hold")
	s.Must(t, sweep)
	require.Equal(t, "suspended", stands(t, s, "acme").Level)
}

// An override has a name, a reason and an end that comes soon, and is of a tenant that there is.
func TestOverrideIsRefused(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	right := api.Request{Action: api.ActionOverride, Tenant: "acme", By: "eve", Reason: "a trial", Until: time.Now().Add(time.Hour)}
	for want, change := range map[string]func(*api.Request){
		"request.by: got":          func(r *api.Request) { r.By = "" },
		"request.reason: got":      func(r *api.Request) { r.Reason = "" },
		"request.until: got":       func(r *api.Request) { r.Until = time.Time{} },
		"at most 31 days from now": func(r *api.Request) { r.Until = time.Now().Add(32 * 24 * time.Hour) },
		"expected a time to come":  func(r *api.Request) { r.Until = time.Now().Add(-time.Hour) },
		"there is no such tenant":  func(r *api.Request) { r.Tenant = "other" },
		"there is nothing to end":  func(r *api.Request) { *r = api.Request{Action: api.ActionEndOverride, Tenant: "acme", By: "eve"} },
		`request.until: got "2026-11-30T00:`: func(r *api.Request) {
			r.Action, r.Until = api.ActionEndOverride, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
		},
	} {
		wrong := right
		change(&wrong)
		_, err := s.Try(wrong)
		require.ErrorContains(t, err, want)
	}
	require.Nil(t, stands(t, s, "acme").Override, "a refused one leaves nothing")
	s.Must(t, right)
	longer := right
	longer.Reason = "a longer trial"
	s.Must(t, longer)
	require.Equal(t, "a longer trial", stands(t, s, "acme").Override.Reason)
	_, err := s.Admin.Exec(ctx, `UPDATE platform.breaker_override SET until = now() - interval '1 second' WHERE ended IS NULL`)
	require.NoError(t, err)
	require.Nil(t, stands(t, s, "acme").Override, "its end has come")
}

// A database from before the breaker gets what it needs with the first call, and the edge's view follows it from then on.
func TestBreakerInAnOlderDatabase(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	for _, undo := range []string{
		`CREATE OR REPLACE VIEW platform_edge.tenant WITH (security_barrier) AS SELECT slug, tier, state FROM platform.tenant WHERE NOT deleting`,
		`ALTER TABLE platform.tenant DROP COLUMN breaker_due, DROP COLUMN breaker_level, DROP COLUMN breaker_month, DROP COLUMN breaker_tier, DROP COLUMN breaker_for_all`,
		`DROP TABLE platform.price_sheet, platform.breaker_told, platform.breaker_event, platform.breaker_override, platform.breaker_environment, platform.breaker_blind`,
	} {
		_, err := s.Admin.Exec(ctx, undo)
		require.NoError(t, err)
	}
	publish(t, s, prices())
	spend(t, s, "acme", 150)
	require.Len(t, s.Must(t, sweep).Problems, 1)
	require.Equal(t, "limited", edgeState(t, s, "acme"))
}

// A sweep that is told to looks once more at what tenants cost: whoever passes the allowance in between is held by the same call.
func TestBreakerLooksAgain(t *testing.T) { tenancytest.OnEach(t, testBreakerLooksAgain) }

func testBreakerLooksAgain(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	publish(t, s, prices())
	s.Pause = func(_ context.Context, d time.Duration) error {
		require.Equal(t, 8*time.Second, d)
		require.Equal(t, "active", edgeState(t, s, "acme"))
		spend(t, s, "acme", 1225)
		return nil
	}
	require.Empty(t, s.Must(t, sweep).Problems, "nobody has told it to")
	again := sweep
	again.LookAgainSeconds = 8
	require.Equal(t, []string{"tenant acme: the breaker has changed it from free to limited (use): its use costs USD 12.25 of USD 12.25 this month"}, s.Must(t, again).Problems)
	require.Equal(t, "limited", edgeState(t, s, "acme"))
}
