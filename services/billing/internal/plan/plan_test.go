package plan

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/billing/api"
)

var (
	made = time.Date(2026, 9, 1, 10, 0, 0, 0, time.UTC)
	now  = time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)
)

// settled has one tenant, for which all is done.
func settled() (Desired, Actual) {
	desired := Desired{Environment: "prod", Tiers: tiers.All(), Tenants: []Tenant{{Slug: "acme", Tier: "pro", CreatedAt: made, Email: "a@example.com"}}, Usage: map[Hour]int64{}}
	actual := Actual{
		Products: map[string]bool{}, Meters: map[string]bool{}, Usage: map[Hour]int64{},
		Prices: map[string]Price{
			"platform_prod_starter_usd_900":      {ID: "price_9", Product: "platform_prod_starter", Active: true},
			"platform_prod_pro_usd_4900":         {ID: "price_49", Product: "platform_prod_pro", Active: true},
			"platform_prod_enterprise_usd_14900": {ID: "price_149", Product: "platform_prod_enterprise", Active: true},
		},
		Customers: []Customer{{ID: "cus_1", Tenant: "acme", TenantCreated: api.Created(made), Email: "A@example.com", Created: made, Subscriptions: []Subscription{
			{ID: "sub_1", Item: "si_1", Items: 1, Product: "platform_prod_pro", StartedAt: made, PeriodStart: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
		}}},
	}
	for _, tier := range []string{"starter", "pro", "enterprise"} {
		actual.Products["platform_prod_"+tier] = true
	}
	for _, kind := range api.Kinds {
		actual.Meters[api.EventName("prod", kind)] = true
	}
	return desired, actual
}

func TestMake(t *testing.T) {
	t.Parallel()
	hour := func(back int) Hour {
		return Hour{Tenant: "acme", Kind: api.KindRequests, Start: now.Truncate(time.Hour).Add(-time.Duration(back) * time.Hour)}
	}
	second := Subscription{ID: "sub_2", Item: "si_2", Items: 1, Product: "platform_prod_pro", StartedAt: made}
	for name, test := range map[string]struct {
		change   func(*Desired, *Actual)
		calls    []string
		findings []FindingKind
	}{
		"nothing to do": {func(*Desired, *Actual) {}, nil, nil},
		"no product": {func(_ *Desired, a *Actual) {
			delete(a.Products, "platform_prod_pro")
			delete(a.Prices, "platform_prod_pro_usd_4900")
		},
			[]string{"product/platform_prod_pro", "price/platform_prod_pro_usd_4900"}, nil},
		"product archived": {func(_ *Desired, a *Actual) { a.Products["platform_prod_pro"] = false }, nil, []FindingKind{FindingInactive}},
		"price archived":   {func(_ *Desired, a *Actual) { a.Prices["platform_prod_pro_usd_4900"] = Price{} }, nil, []FindingKind{FindingInactive}},
		"meter inactive":   {func(_ *Desired, a *Actual) { a.Meters["platform_prod_requests"] = false }, nil, []FindingKind{FindingInactive}},
		"no customer":      {func(_ *Desired, a *Actual) { a.Customers = nil }, []string{"customer/prod/acme/" + api.Created(made)}, []FindingKind{FindingNoCustomer}},
		"no address":       {func(d *Desired, a *Actual) { a.Customers, d.Tenants[0].Email = nil, "" }, nil, []FindingKind{FindingNoEmail}},
		"another address":  {func(d *Desired, _ *Actual) { d.Tenants[0].Email = "b@example.com" }, []string{"address/cus_1"}, nil},
		"address removed":  {func(d *Desired, _ *Actual) { d.Tenants[0].Email = "" }, nil, nil},
		"no subscription":  {func(_ *Desired, a *Actual) { a.Customers[0].Subscriptions = nil }, []string{"subscription/cus_1/0"}, nil},
		"one that ended":   {func(_ *Desired, a *Actual) { a.Customers[0].Subscriptions[0].Ended = true }, []string{"subscription/cus_1/1"}, nil},
		"two subscriptions": {func(_ *Desired, a *Actual) {
			a.Customers[0].Subscriptions = append(a.Customers[0].Subscriptions, second)
		}, nil, []FindingKind{FindingTwice}},
		"two customers": {func(_ *Desired, a *Actual) {
			other := a.Customers[0]
			other.ID, other.Created, other.Subscriptions = "cus_0", made.Add(time.Hour), nil
			a.Customers = append([]Customer{other}, a.Customers...)
		}, nil, []FindingKind{FindingTwice}},
		"another tier":    {func(d *Desired, _ *Actual) { d.Tenants[0].Tier = "starter" }, []string{"change/sub_1/0"}, nil},
		"free":            {func(d *Desired, _ *Actual) { d.Tenants[0].Tier = "free" }, []string{"cancel/sub_1"}, nil},
		"changed by hand": {func(d *Desired, a *Actual) { d.Tenants[0].Tier = "starter"; a.Customers[0].Subscriptions[0].Items = 2 }, nil, []FindingKind{FindingTwice}},
		"tenant gone":     {func(d *Desired, _ *Actual) { d.Tenants = nil }, nil, []FindingKind{FindingNoTenant}},
		"an hour":         {func(d *Desired, _ *Actual) { d.Usage[hour(3)] = 5 }, []string{"usage/cus_1/requests/1795158000/1795158003"}, nil},
		"not complete":    {func(d *Desired, _ *Actual) { d.Usage[hour(1)] = 5 }, nil, nil},
		"told":            {func(d *Desired, a *Actual) { d.Usage[hour(3)] = 5; a.Usage[hour(3)] = 5 }, nil, nil},
		"more":            {func(d *Desired, a *Actual) { d.Usage[hour(3)] = 5; a.Usage[hour(3)] = 4 }, []string{"usage/cus_1/requests/1795158000/5/1795158003"}, []FindingKind{FindingUsage}},
		"less":            {func(d *Desired, a *Actual) { d.Usage[hour(3)] = 5; a.Usage[hour(3)] = 6 }, nil, []FindingKind{FindingUsage}},
		"last month":      {func(d *Desired, _ *Actual) { d.Usage[hour(24*20)] = 5 }, []string{"usage/cus_1/requests/1793440800/1793441280"}, []FindingKind{FindingUsage}},
		"too old":         {func(d *Desired, _ *Actual) { d.Usage[hour(24*35)] = 5 }, nil, []FindingKind{FindingUsage}},
		"before it paid": {func(d *Desired, a *Actual) {
			d.Usage[hour(30)] = 5
			a.Customers[0].Subscriptions[0].StartedAt = now.Add(-time.Hour)
		}, nil, nil},
		"older price stays": {func(_ *Desired, a *Actual) {
			a.Prices["platform_prod_pro_usd_4900"] = Price{ID: "price_new", Product: "platform_prod_pro", Active: true}
		}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desired, actual := settled()
			test.change(&desired, &actual)
			got, err := Make(desired, actual, now)
			require.NoError(t, err)
			var calls []string
			for _, c := range got.Calls {
				calls = append(calls, c.Key())
			}
			var findings []FindingKind
			for _, f := range got.Findings {
				findings = append(findings, f.Kind)
				require.NotEmpty(t, f.Text)
			}
			require.Equal(t, test.calls, calls)
			require.Equal(t, test.findings, findings)
		})
	}
}

func TestMakeRefuses(t *testing.T) {
	t.Parallel()
	desired, actual := settled()
	desired.Tenants[0].Tier = "gold"
	_, err := Make(desired, actual, now)
	require.ErrorContains(t, err, `tenant acme: tier: got "gold"`)
	desired, actual = settled()
	desired.Tiers[1].PriceUSD = decimal.RequireFromString("9.995")
	_, err = Make(desired, actual, now)
	require.ErrorContains(t, err, "tier starter: priceUsd: got 9.995, expected whole cents")
}

// What is sent later is later within the hour, for as long as Stripe takes it.
func TestSentAt(t *testing.T) {
	t.Parallel()
	hour := Hour{Start: now.Truncate(time.Hour)}
	before := hour.Start
	for later := time.Hour; later < 35*24*time.Hour; later += time.Hour {
		at := hour.sentAt(hour.Start.Add(later))
		require.True(t, at.After(before) && at.Before(hour.Start.Add(time.Hour)))
		before = at
	}
}
