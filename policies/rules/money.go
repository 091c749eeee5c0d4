package rules

import (
	"fmt"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/policies/limits"
)

// Money keeps account of one operation. It goes by the inputs of resources: what AWS fills in itself is unknown in
// a preview and would be estimated at its worst. It may be used by several goroutines.
type Money struct {
	Limit   limits.Monthly
	Bill    bill.Terms // what counts against the limit besides the stack's own resources
	Preview bool       // nothing is created: only the total is checked, at the end

	estimator *estimator.Estimator
	running   *estimator.Running

	mu     sync.Mutex
	inputs map[string]estimator.Resource // by URN
	last   priced
	whole  *Stack // of which report is
	report estimator.Report
}

// priced is what one resource costs, and what the stack costs with it.
type priced struct {
	of       *Resource
	cost     estimator.ResourceCost
	problems []estimator.Problem
	total    decimal.Decimal
}

// NewMoney starts an account at zero.
func NewMoney(e *estimator.Estimator, limit limits.Monthly, terms bill.Terms, preview bool) *Money {
	return &Money{Limit: limit, Bill: terms, Preview: preview, estimator: e, running: e.Running(), inputs: map[string]estimator.Resource{}}
}

// add prices a resource. Several rules ask for the same one in turn.
func (m *Money) add(r *Resource) priced {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last.of != r {
		cost, problems := m.running.Add(r.planned)
		m.inputs[r.URN] = r.planned
		m.last = priced{of: r, cost: cost, problems: problems, total: m.running.Total()}
	}
	return m.last
}

// Report estimates the whole stack: the inputs seen before, with the references that are known only at the end.
func (m *Money) Report(s *Stack) estimator.Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.whole == s {
		return m.report
	}
	planned := make([]estimator.Resource, 0, len(s.byURN))
	for urn, r := range s.byURN {
		resource, seen := m.inputs[urn]
		if !seen {
			resource = r.planned
		}
		resource.Dependencies = r.Dependencies
		planned = append(planned, resource)
	}
	m.whole, m.report = s, m.estimator.Estimate(planned)
	return m.report
}

// Summary says in one line what the stack costs a month: an estimate, with its limit and what was assumed.
func (m *Money) Summary(s *Stack) string {
	report := m.Report(s)
	whole := m.Bill.AtCeiling(report.Total())
	share := decimal.Zero
	if m.Limit.Limit.IsPositive() {
		share = whole.Total.Mul(decimal.NewFromInt(100)).Div(m.Limit.Limit)
	}
	line := fmt.Sprintf("Estimated %s a month (%s fixed, %s by use)%s, %s per cent of the limit of %s (%s).",
		usd(report.Total()), usd(report.Fixed), usd(report.Usage), besides(whole), share.StringFixed(0), usd(m.Limit.Limit), m.Limit.Basis)
	if assumed := len(report.Problems) - len(report.Blocking()); assumed > 0 {
		line += fmt.Sprintf(" Not known yet, and counted at the worst: %s.", printable.Count(assumed, "value"))
	}
	return line
}

// besides says what a bill counts besides the stack's own resources; nothing where it counts nothing else.
func besides(b bill.Bill) string {
	if b.Total.Equal(b.Environment) {
		return ""
	}
	var parts []string
	if b.TenantsUSD.IsPositive() {
		parts = append(parts, fmt.Sprintf("%s of %s", usd(b.TenantsUSD), printable.Count(b.Tenants, "tenant")))
	}
	for _, part := range []struct {
		amount decimal.Decimal
		name   string
	}{{b.Planned, "what is planned"}, {b.Support, "support"}, {b.Tax, "tax"}} {
		if part.amount.IsPositive() {
			parts = append(parts, usd(part.amount)+" of "+part.name)
		}
	}
	return fmt.Sprintf(", and %s with %s", usd(b.Total), strings.Join(parts, ", "))
}
