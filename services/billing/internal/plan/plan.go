// Package plan compares what Stripe should have with what it has. It is pure: the same input gives the same calls and findings.
//
//page:none the messages are of the function's log
package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/billing/api"
)

// Desired is what the platform knows.
type Desired struct {
	Environment string
	Tiers       []tiers.Tier
	Tenants     []Tenant
	Usage       map[Hour]int64 // of hours that are complete (CompleteUntil)
}

// Tenant is one that exists, whatever its state: one that is suspended pays as well.
type Tenant struct {
	Slug      string
	Tier      string
	CreatedAt time.Time
	Email     string // where its invoices go; empty: it cannot be billed, which is a finding
}

// Hour is what a tenant used of a kind in an hour of UTC.
type Hour struct {
	Tenant string
	Kind   api.Kind
	Start  time.Time
}

// Actual is what Stripe has.
type Actual struct {
	Products  map[string]bool // by ID: whether it is active
	Prices    map[string]Price
	Meters    map[string]bool // by event name: whether it is active
	Customers []Customer      // of this environment
	Usage     map[Hour]int64  // by Stripe's own sums, which may lag behind
}

// Price is a price in Stripe.
type Price struct {
	ID      string
	Product string
	Active  bool
}

// Customer is one that billing has made, with all its subscriptions.
type Customer struct {
	ID            string
	Tenant        string
	TenantCreated string // api.Created
	Email         string
	Created       time.Time
	Subscriptions []Subscription
}

// Subscription is what a customer pays for.
type Subscription struct {
	ID          string
	Item        string // its only item
	Items       int
	Product     string
	Ended       bool
	Changes     int
	StartedAt   time.Time
	PeriodStart time.Time
}

// Plan is what is to be done, in order, and what a person should know.
type Plan struct {
	Calls    []Call
	Findings []Finding
}

const (
	// settles is how long after its end an hour is complete: gate hands over every ten seconds, and waits for a ledger that is away.
	settles = time.Hour
	// tooOld is when Stripe takes no usage any more, with a day to spare: 35 days.
	// https://docs.stripe.com/api/billing/meter-event/create
	tooOld = 34 * 24 * time.Hour
)

// CompleteUntil is the end of the last hour that is complete.
func CompleteUntil(now time.Time) time.Time { return now.UTC().Add(-settles).Truncate(time.Hour) }

// Make plans. What depends on something that is not there yet follows in the plan after that: a plan without calls is the end.
func Make(desired Desired, actual Actual, now time.Time) (Plan, error) {
	p := &planner{desired: desired, actual: actual, now: now, tiers: map[string]tiers.Tier{}}
	for _, tier := range desired.Tiers {
		p.tiers[tier.Name] = tier
		if !tier.PriceUSD.IsZero() {
			if err := p.catalogue(tier); err != nil {
				return Plan{}, err
			}
		}
	}
	for _, kind := range api.Kinds {
		p.meter(api.EventName(desired.Environment, kind))
	}
	known := map[string]Tenant{}
	for _, tenant := range desired.Tenants {
		known[identity(tenant.Slug, api.Created(tenant.CreatedAt))] = tenant
	}
	customers := map[string][]Customer{}
	for _, c := range actual.Customers {
		id := identity(c.Tenant, c.TenantCreated)
		if _, there := known[id]; !there {
			p.find(FindingNoTenant, c.Tenant, c.ID, fmt.Sprintf("it has %d live subscriptions, and no such tenant exists: end them, if the tenant is gone", len(live(c))))
			continue
		}
		customers[id] = append(customers[id], c)
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if err := p.tenant(known[id], customers[id]); err != nil {
			return Plan{}, err
		}
	}
	return p.plan, nil
}

func identity(slug, created string) string { return slug + " " + created }

type planner struct {
	desired Desired
	actual  Actual
	now     time.Time
	tiers   map[string]tiers.Tier
	plan    Plan
}

func (p *planner) call(c Call) { p.plan.Calls = append(p.plan.Calls, c) }

func (p *planner) find(kind FindingKind, tenant, subject, text string) {
	p.plan.Findings = append(p.plan.Findings, Finding{Kind: kind, Tenant: tenant, Subject: subject, Text: text})
}

func (p *planner) catalogue(tier tiers.Tier) error {
	product := api.Product(p.desired.Environment, tier.Name)
	active, made := p.actual.Products[product]
	if !made {
		p.call(CreateProduct{ID: product, Name: "Platform, tier " + tier.Name})
	} else if !active {
		p.find(FindingInactive, "", product, "the product is archived: nothing of this tier can be sold until somebody activates it")
	}
	key, cents, err := lookupKey(p.desired.Environment, tier)
	if err != nil {
		return err
	}
	price, there := p.actual.Prices[key]
	switch {
	case !there && (active || !made):
		p.call(CreatePrice{LookupKey: key, Product: product, Cents: cents})
	case there && !price.Active:
		p.find(FindingInactive, "", key, "the price is archived: nothing of this tier can be sold until somebody activates it")
	}
	return nil
}

// lookupKey names a price by its amount, which cannot be changed: another amount is another price.
// https://docs.stripe.com/api/prices/update
func lookupKey(environment string, tier tiers.Tier) (string, int64, error) {
	cents := tier.PriceUSD.Mul(decimal.NewFromInt(100))
	if !cents.IsInteger() || cents.IsNegative() {
		return "", 0, fmt.Errorf("tier %s: priceUsd: got %s, expected whole cents", tier.Name, tier.PriceUSD)
	}
	return fmt.Sprintf("%s_usd_%s", api.Product(environment, tier.Name), cents), cents.IntPart(), nil
}

func (p *planner) meter(name string) {
	active, there := p.actual.Meters[name]
	if !there {
		p.call(CreateMeter{EventName: name})
	} else if !active {
		p.find(FindingInactive, "", name, "the meter is inactive: usage is lost after 35 days unless somebody activates it")
	}
}

// tenant plans for one tenant with the customers that it has in Stripe.
func (p *planner) tenant(t Tenant, customers []Customer) error {
	tier, there := p.tiers[t.Tier]
	if !there {
		return fmt.Errorf("tenant %s: tier: got %q, expected one of the catalogue", t.Slug, t.Tier)
	}
	slices.SortFunc(customers, func(a, b Customer) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID)) })
	if len(customers) > 1 {
		p.find(FindingTwice, t.Slug, customers[1].ID, fmt.Sprintf("%d customers are of this tenant; %s, the oldest, is the one that counts", len(customers), customers[0].ID))
	}
	if len(customers) > 0 && t.Email != "" && !strings.EqualFold(customers[0].Email, t.Email) {
		p.call(UpdateAddress{Customer: customers[0].ID, Email: t.Email})
	}
	var running []Subscription
	for _, c := range customers {
		running = append(running, live(c)...)
	}
	pays := !tier.PriceUSD.IsZero()
	switch {
	case len(running) > 1:
		p.find(FindingTwice, t.Slug, running[1].ID, fmt.Sprintf("%d subscriptions are live: the tenant pays more than once. End all but one", len(running)))
		return nil
	case !pays:
		for _, s := range running {
			p.call(CancelSubscription{Subscription: s.ID})
		}
		return nil
	case len(customers) == 0:
		p.customer(t)
		return nil
	case len(running) == 0:
		return p.subscribe(t, tier, customers[0])
	}
	if err := p.change(t, tier, running[0]); err != nil {
		return err
	}
	p.usage(t, customers[0], running[0])
	return nil
}

func live(c Customer) []Subscription {
	return slices.DeleteFunc(slices.Clone(c.Subscriptions), func(s Subscription) bool { return s.Ended })
}

func (p *planner) customer(t Tenant) {
	if t.Email == "" {
		p.find(FindingNoEmail, t.Slug, "", "the tenant pays, and nobody knows where its invoices go: it is not billed")
		return
	}
	p.find(FindingNoCustomer, t.Slug, "", "the tenant pays and had no customer in Stripe: one is made")
	p.call(CreateCustomer{Environment: p.desired.Environment, Tenant: t.Slug, Created: api.Created(t.CreatedAt), Email: t.Email})
}

func (p *planner) subscribe(t Tenant, tier tiers.Tier, c Customer) error {
	key, _, err := lookupKey(p.desired.Environment, tier)
	if err != nil {
		return err
	}
	if price, there := p.actual.Prices[key]; there && price.Active {
		p.call(CreateSubscription{Environment: p.desired.Environment, Tenant: t.Slug, Created: api.Created(t.CreatedAt), Customer: c.ID, Price: price.ID, Ended: len(c.Subscriptions)})
	}
	return nil
}

// change moves a subscription to the tenant's tier. One that has an older price of its tier keeps it: whom a new price is for is not for
// a program to decide.
func (p *planner) change(t Tenant, tier tiers.Tier, s Subscription) error {
	if s.Items != 1 {
		p.find(FindingTwice, t.Slug, s.ID, fmt.Sprintf("the subscription has %d items, expected 1: somebody has changed it by hand", s.Items))
		return nil
	}
	if s.Product == api.Product(p.desired.Environment, tier.Name) {
		return nil
	}
	key, _, err := lookupKey(p.desired.Environment, tier)
	if err != nil {
		return err
	}
	if price, there := p.actual.Prices[key]; there && price.Active {
		p.call(ChangePrice{Subscription: s.ID, Item: s.Item, Price: price.ID, Changes: s.Changes})
	}
	return nil
}

// usage reports hours of which the ledger has more than Stripe. Less is only told: a ledger that was restored to an earlier time must not
// take back what was used.
func (p *planner) usage(t Tenant, c Customer, s Subscription) {
	for _, hour := range p.hours(t.Slug) {
		used, told := p.desired.Usage[hour], p.actual.Usage[hour]
		subject := string(hour.Kind) + " " + hour.Start.UTC().Format(time.RFC3339)
		switch {
		case used == told || hour.Start.Before(s.StartedAt.Truncate(time.Hour)):
			continue
		case used < told:
			p.find(FindingUsage, t.Slug, subject, fmt.Sprintf("the ledger has %d, and Stripe %d, which stays", used, told))
			continue
		case p.now.Sub(hour.Start) > tooOld:
			p.find(FindingUsage, t.Slug, subject, fmt.Sprintf("the ledger has %d, and Stripe %d; it is too old for Stripe to take it", used, told))
			continue
		case told > 0:
			p.find(FindingUsage, t.Slug, subject, fmt.Sprintf("the ledger has %d, and Stripe had %d: it is corrected", used, told))
		}
		if hour.Start.Before(s.PeriodStart) {
			p.find(FindingUsage, t.Slug, subject, "it is of a time whose invoice may be out already")
		}
		event := ReportUsage{EventName: api.EventName(p.desired.Environment, hour.Kind), Customer: c.ID, Value: used, At: hour.sentAt(p.now),
			Identifier: fmt.Sprintf("%s/%s/%d", c.ID, hour.Kind, hour.Start.Unix())}
		if told > 0 {
			event.Identifier += fmt.Sprintf("/%d", used)
		}
		if p.actual.Meters[event.EventName] {
			p.call(event)
		}
	}
}

// hours are those of the tenant that ledger or Stripe have, in order.
func (p *planner) hours(slug string) []Hour {
	all := map[Hour]bool{}
	for _, usage := range []map[Hour]int64{p.desired.Usage, p.actual.Usage} {
		for hour := range usage {
			if hour.Tenant == slug && !hour.Start.Add(time.Hour).After(CompleteUntil(p.now)) {
				all[hour] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b Hour) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(string(a.Kind), string(b.Kind)))
	})
}

// sentAt is a time in the hour that moves on by a second for each hour that passes: what is sent later is later for Stripe, too, by
// whichever time it decides which event of an hour is the last and counts alone.
// https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage
func (h Hour) sentAt(now time.Time) time.Time {
	return h.Start.Add(now.Sub(h.Start) / time.Hour * time.Second)
}
