// Package estimator tells what a stack costs a month before it exists: pure functions from planned properties, the
// price catalogue and the usage assumptions to exact decimal amounts.
//
// A month has 730 hours. Nothing is rounded before display. What is not known is never zero in silence: an unknown
// value is taken at its worst and named, a type or class without a price is a problem, and what costs nothing is on a
// list that says why. No property value, of whatever shape, makes it panic.
//
// Prices are on demand and in US dollars; account-wide free tiers are applied only where this package says so (the
// first 100 GB to the internet, days of budgets with actions, the first trail's copy of management events), because
// other stacks of the account may have used the rest.
package estimator

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// Estimator estimates with one catalogue, one usage profile and one set of options. It is safe for concurrent use.
type Estimator struct {
	catalogue *catalogue.Catalogue
	usage     *usage.Profile
	options   Options

	mu            sync.Mutex
	mostExpensive map[catalogue.Key]string // the worst allowed class of a product, by product and kind
}

// New checks the options, all problems at once.
func New(c *catalogue.Catalogue, u *usage.Profile, o Options) (*Estimator, error) {
	o, err := o.withDefaults()
	_, regionErr := c.Region(o.Region)
	if err := errors.Join(err, regionErr); err != nil {
		return nil, err
	}
	return &Estimator{catalogue: c, usage: u, options: o, mostExpensive: map[catalogue.Key]string{}}, nil
}

// Estimate prices a whole stack.
func (e *Estimator) Estimate(resources []Resource) Report {
	resources = slices.Clone(resources)
	slices.SortFunc(resources, func(a, b Resource) int { return cmp.Compare(a.URN, b.URN) })
	known := newIndex()
	for i := range resources {
		known.add(&resources[i])
	}
	report := Report{Resources: make([]ResourceCost, 0, len(resources))}
	for i := range resources {
		cost, problems := e.resource(&resources[i], known)
		report.Resources = append(report.Resources, cost)
		report.add(cost, problems)
	}
	account, problems := e.account()
	report.Account = account
	report.add(account, problems)
	report.sort()
	return report
}

// resource prices one resource.
func (e *Estimator) resource(r *Resource, known *index) (ResourceCost, []Problem) {
	v := e.evaluate(r, known)
	if v.prices == nil {
		return v.done()
	}
	if reason, ok := e.options.KnownFree[r.Type]; ok {
		v.cost.Free = reason
		return v.done()
	}
	if price, ok := priced[r.Type]; ok {
		price(v)
		return v.done()
	}
	if reason, ok := freeReason(r.Type); ok {
		v.cost.Free = reason
		return v.done()
	}
	v.problem(UnknownType, "", "no price is known for this resource type: teach it to the estimator, "+
		"or list it as free with the reason")
	return v.done()
}

// account prices what belongs to no resource.
func (e *Estimator) account() (ResourceCost, []Problem) {
	v := e.evaluate(&Resource{Type: "account", Name: "account"}, newIndex())
	if v.prices != nil {
		accountUsage(v)
	}
	return v.done()
}

// Running estimates resources one by one as they are registered, for a limit that must hold while a deployment is
// already creating. It is safe for concurrent use.
type Running struct {
	estimator *Estimator
	mu        sync.Mutex
	known     *index
	costs     map[string]ResourceCost // by URN
	total     decimal.Decimal
}

// Running starts at what belongs to the account, so that its total is never below that of the whole estimate.
func (e *Estimator) Running() *Running {
	account, _ := e.account()
	return &Running{estimator: e, known: newIndex(), costs: map[string]ResourceCost{}, total: account.Total()}
}

// Add prices a resource, which may refer to those added before. A resource that was added before is counted once, with
// its latest properties.
func (r *Running) Add(added Resource) (ResourceCost, []Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.known.byURN[added.URN]; ok {
		*old = added
	} else {
		r.known.add(&added)
	}
	cost, problems := r.estimator.resource(&added, r.known)
	r.total = r.total.Sub(r.costs[added.URN].Total()).Add(cost.Total())
	r.costs[added.URN] = cost
	return cost, problems
}

// Total is the monthly cost of everything added so far, and of the account.
func (r *Running) Total() decimal.Decimal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}
