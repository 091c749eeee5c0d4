package estimator

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
)

// LineKind tells what decides a line's quantity.
type LineKind string

// The kinds of line.
const (
	Fixed LineKind = "fixed" // paid for standing there
	Usage LineKind = "usage" // depends on what happens; the quantity is an assumption of the usage file
)

// Line is one position of a resource's monthly bill. Amounts are exact; round with Cents for display only.
type Line struct {
	Kind        LineKind
	Description string
	Quantity    decimal.Decimal
	Unit        catalogue.Unit
	UnitPrice   decimal.Decimal
	Monthly     decimal.Decimal
	Note        string // what to know about the quantity or the price; often empty
	Confidence  catalogue.Confidence
	Source      string
}

// ResourceCost is what one resource costs a month.
type ResourceCost struct {
	URN, Type, Name string
	Free            string // why the resource costs nothing by itself; empty when it has lines or problems
	Lines           []Line
	Fixed           decimal.Decimal
	Usage           decimal.Decimal
	Maximum         decimal.Decimal // total when all that grows by itself (nodes, storage, keys by their age) is at its maximum
	VCPUs           decimal.Decimal // processors that work for it, of machines and databases; a standby's are none
}

// Total is fixed and usage together.
func (c ResourceCost) Total() decimal.Decimal { return c.Fixed.Add(c.Usage) }

// ProblemKind tells what kept an estimate from being exact.
type ProblemKind string

// The kinds of problem.
const (
	UnknownType  ProblemKind = "unknown-type"  // the estimator does not know this resource type
	MissingPrice ProblemKind = "missing-price" // the catalogue has no price for this class or kind
	Assumed      ProblemKind = "assumed"       // a value is not known yet (or secret): the worst allowed was assumed
	Refused      ProblemKind = "refused"       // the same, where the settings refuse to assume
	InvalidValue ProblemKind = "invalid-value" // a value of the wrong type, or one that cannot be
)

// Problem is one reason why an estimate is not exact. Messages never contain a secret value.
type Problem struct {
	URN, Type, Name string
	Kind            ProblemKind
	Property        string // empty when the problem is the resource's as a whole
	Message         string
	Blocking        bool // the estimate must not be taken for the price
}

// String reads "aws:rds/instance:Instance main: ...".
func (p Problem) String() string { return p.Type + " " + p.Name + ": " + p.Message }

// Report is the estimate of a stack. The order is by URN and does not depend on the order of the resources.
type Report struct {
	Resources []ResourceCost
	Account   ResourceCost // usage of the account that belongs to no resource, such as data transfer
	Problems  []Problem
	Fixed     decimal.Decimal
	Usage     decimal.Decimal
	Maximum   decimal.Decimal // see ResourceCost
}

// Total is fixed and usage together.
func (r Report) Total() decimal.Decimal { return r.Fixed.Add(r.Usage) }

// Blocking returns the problems that forbid to take the total for the price.
func (r Report) Blocking() []Problem {
	var blocking []Problem
	for _, p := range r.Problems {
		if p.Blocking {
			blocking = append(blocking, p)
		}
	}
	return blocking
}

// Cents rounds half up to cents, for display.
func Cents(amount decimal.Decimal) string { return amount.Round(2).StringFixed(2) }

// add puts one more cost into the report's sums.
func (r *Report) add(c ResourceCost, problems []Problem) {
	r.Fixed, r.Usage, r.Maximum = r.Fixed.Add(c.Fixed), r.Usage.Add(c.Usage), r.Maximum.Add(c.Maximum)
	r.Problems = append(r.Problems, problems...)
}

// sort makes the order independent of the input.
func (r *Report) sort() {
	slices.SortFunc(r.Resources, func(a, b ResourceCost) int { return cmp.Compare(a.URN, b.URN) })
	slices.SortFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.URN, b.URN), cmp.Compare(a.Property, b.Property),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Message, b.Message))
	})
	r.Problems = slices.Compact(r.Problems)
}
