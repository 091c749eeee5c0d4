package cost

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/policies/policyconfig"
)

// Level is how a statement ends.
type Level string

// The levels, which are those of the policy pack.
const (
	Within  Level = "within"  // it may be deployed
	Near    Level = "near"    // it may, and comes close to its limit
	Refused Level = "refused" // the policy pack refuses it
)

// Verdict says in a sentence whether the stack can be paid for.
type Verdict struct {
	Level Level  `json:"level"`
	Text  string `json:"text"`
}

// Amounts are US dollars a month, exact.
type Amounts struct {
	Fixed decimal.Decimal `json:"fixed"`
	Usage decimal.Decimal `json:"usage"`
	Total decimal.Decimal `json:"total"`
}

func (a Amounts) plus(fixed, usage decimal.Decimal) Amounts {
	return Amounts{a.Fixed.Add(fixed), a.Usage.Add(usage), a.Total.Add(fixed).Add(usage)}
}

// Item is one resource that costs something, or may cost something by use.
type Item struct {
	URN  string `json:"urn"`
	Type string `json:"type"`
	Name string `json:"name"`
	Amounts
}

// Part is what one component of the platform costs.
type Part struct {
	Name string `json:"name"`
	Amounts
	Share     decimal.Decimal `json:"share"` // of the total, in per cent
	Resources int             `json:"resources"`
	Items     []Item          `json:"items"` // the most expensive first
}

// Statement is what a stack costs a month, with what that may be.
type Statement struct {
	Stack   string  `json:"stack"`
	Preview bool    `json:"preview"` // planned, not there yet
	Verdict Verdict `json:"verdict"`
	Amounts
	Largest  decimal.Decimal `json:"largest"` // the total with all that grows by itself at its maximum
	Bills    Bills           `json:"bills"`   // with tenants, support and tax
	Limit    decimal.Decimal `json:"limit"`
	Basis    string          `json:"limitBasis"`
	Headroom decimal.Decimal `json:"headroom"` // below the limit, of the bill at the ceiling; negative when it is passed
	Used     decimal.Decimal `json:"used"`     // that bill's share of the limit, in per cent
	Parts    []Part          `json:"parts"`    // the most expensive first
	Assumed  []string        `json:"assumed"`  // values that are not known and were taken at their worst
	Unpriced []string        `json:"unpriced"` // what has no price, or cannot be
	Prices   string          `json:"prices"`   // why the catalogue's prices may mislead; empty when they do not
	Change   *Change         `json:"change,omitempty"`

	terms bill.Terms
}

// State prices a document on a stack's terms. When it tells of a deployment, the statement tells the difference.
func State(d Document, t policyconfig.Config, now time.Time) Statement {
	report := t.Estimator.Estimate(d.After)
	whole := t.Bill.AtCeiling(report.Total())
	s := Statement{
		Stack: d.Stack, Preview: d.Preview, Largest: report.Maximum, Limit: t.Limit.Limit, Basis: t.Limit.Basis,
		Amounts: Amounts{report.Fixed, report.Usage, report.Total()}, Headroom: t.Limit.Limit.Sub(whole.Total),
		Bills: Bills{
			Ceiling: whole, Largest: t.Bill.Largest(report.Maximum), TenantUSD: t.Bill.TenantUSD, Support: t.Bill.Support.Plan, TaxPercent: t.Bill.TaxPercent,
		},
		Used: percent(whole.Total, t.Limit.Limit), Prices: t.Prices.Freshness(now).Message,
		Assumed: []string{}, Unpriced: []string{}, terms: t.Bill,
	}
	s.Parts = partsOf(report)
	for _, p := range report.Problems {
		text := fmt.Sprintf("%s %s: %s", short(p.Type), p.Name, p.Message)
		if p.Blocking {
			s.Unpriced = append(s.Unpriced, text)
		} else {
			s.Assumed = append(s.Assumed, text)
		}
	}
	s.Verdict = verdictOf(s, t.Limit.Refusal)
	if d.Before != nil {
		s.Change = compare(t.Estimator.Estimate(d.Before), report)
	}
	return s
}

// Against adds the difference to an earlier document.
func (s Statement) Against(earlier, d Document, t policyconfig.Config) Statement {
	s.Change = compare(t.Estimator.Estimate(earlier.After), t.Estimator.Estimate(d.After))
	return s
}

// near is the share of the limit from which the verdict warns, as the pack's forecast does.
var near = decimal.NewFromInt(90)

func verdictOf(s Statement, refusal string) Verdict {
	switch {
	case refusal != "":
		return Verdict{Refused, "Refused: " + refusal + "."}
	case len(s.Unpriced) > 0:
		return Verdict{Refused, fmt.Sprintf("Refused: USD %s a month is incomplete: %s no price.", cents(s.Total), has(len(s.Unpriced), "value"))}
	case s.Headroom.IsNegative():
		return Verdict{Refused, fmt.Sprintf("Refused: %s, USD %s over the limit of USD %s.", s.whole(), cents(s.Headroom.Neg()), cents(s.Limit))}
	case s.Used.GreaterThanOrEqual(near):
		return Verdict{Near, fmt.Sprintf("Close to the limit: %s, %s %% of USD %s.", s.whole(), s.Used.StringFixed(0), cents(s.Limit))}
	case s.Bills.Largest.Total.GreaterThan(s.Limit):
		return Verdict{Near, fmt.Sprintf("Within the limit of USD %s, but at its largest it would cost USD %s a month.", cents(s.Limit), cents(s.Bills.Largest.Total))}
	default:
		return Verdict{Within, fmt.Sprintf("Within the limit: %s, USD %s below USD %s.", s.whole(), cents(s.Headroom), cents(s.Limit))}
	}
}

// partsOf sums up a report by the components of the platform.
func partsOf(report estimator.Report) []Part {
	byName := map[string]*Part{}
	add := func(name string, c estimator.ResourceCost) {
		if c.Total().IsZero() {
			return
		}
		if byName[name] == nil {
			byName[name] = &Part{Name: name}
		}
		p := byName[name]
		p.Amounts = p.plus(c.Fixed, c.Usage)
		p.Resources++
		p.Items = append(p.Items, Item{URN: c.URN, Type: c.Type, Name: c.Name, Amounts: Amounts{c.Fixed, c.Usage, c.Total()}})
	}
	for _, c := range report.Resources {
		add(partOf(c.URN), c)
	}
	add(accountPart, report.Account)
	parts := make([]Part, 0, len(byName))
	for _, p := range byName {
		p.Share = percent(p.Total, report.Total())
		slices.SortFunc(p.Items, func(a, b Item) int { return cmp.Or(b.Total.Cmp(a.Total), cmp.Compare(a.URN, b.URN)) })
		parts = append(parts, *p)
	}
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Or(b.Total.Cmp(a.Total), cmp.Compare(a.Name, b.Name)) })
	return parts
}

var hundred = decimal.NewFromInt(100)

// percent gives a share, and zero of nothing.
func percent(part, whole decimal.Decimal) decimal.Decimal {
	if !whole.IsPositive() {
		return decimal.Zero
	}
	return part.Mul(hundred).DivRound(whole, 2)
}

func cents(amount decimal.Decimal) string { return estimator.Cents(amount) }

// short names a type without its package: Instance of aws:rds/instance:Instance.
func short(token string) string { return token[strings.LastIndex(token, ":")+1:] }

func has(n int, what string) string {
	if n == 1 {
		return "one " + what + " has"
	}
	return fmt.Sprintf("%d %ss have", n, what)
}
