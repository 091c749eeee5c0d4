package estimator

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
	"github.com/genericcorp/platform/internal/property"
)

// hoursPerMonth is the length of a month everywhere.
var hoursPerMonth = decimal.NewFromInt(730)

var one = decimal.NewFromInt(1)

func whole(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }

// evaluation prices one resource: it collects the lines and the problems.
type evaluation struct {
	scope // the resource's own properties

	estimator *Estimator
	resource  *Resource
	known     *index
	prices    *catalogue.Prices // nil when the region has none
	cost      ResourceCost
	growth    decimal.Decimal // what scaling and ageing by itself can add
	problems  []Problem
}

func (e *Estimator) evaluate(r *Resource, known *index) *evaluation {
	v := &evaluation{
		estimator: e, resource: r, known: known, cost: ResourceCost{URN: r.URN, Type: r.Type, Name: r.Name},
	}
	v.scope = scope{evaluation: v, object: property.Of(r.Properties)}
	region := r.Region
	if region == "" {
		region = e.options.Region
	}
	prices, err := e.catalogue.Region(region)
	if err != nil {
		if reason, free := freeReason(r.Type); free {
			v.cost.Free = reason
		} else {
			v.problem(MissingPrice, "", err.Error())
		}
		return v
	}
	v.prices = prices
	return v
}

// done sums up.
func (v *evaluation) done() (ResourceCost, []Problem) {
	for _, l := range v.cost.Lines {
		if l.Kind == Fixed {
			v.cost.Fixed = v.cost.Fixed.Add(l.Monthly)
		} else {
			v.cost.Usage = v.cost.Usage.Add(l.Monthly)
		}
	}
	v.cost.Maximum = v.cost.Total().Add(v.growth)
	return v.cost, v.problems
}

// problem records what is wrong; whether it blocks follows from its kind and the options.
func (v *evaluation) problem(kind ProblemKind, path, message string) {
	blocking := true
	switch kind {
	case Assumed:
		blocking = false
	case UnknownType, MissingPrice:
		blocking = v.estimator.options.Unpriced == UnpricedBlocks
	case Refused, InvalidValue:
	}
	p := Problem{
		URN: v.resource.URN, Type: v.resource.Type, Name: v.resource.Name,
		Kind: kind, Property: path, Message: message, Blocking: blocking,
	}
	if !slices.Contains(v.problems, p) {
		v.problems = append(v.problems, p)
	}
}

// price looks a key up; a missing price is a problem.
func (v *evaluation) price(key catalogue.Key) (catalogue.Price, bool) {
	price, err := v.prices.Lookup(key)
	if err != nil {
		v.problem(MissingPrice, "", err.Error())
		return price, false
	}
	return price, true
}

// line adds a position and returns its monthly amount.
func (v *evaluation) line(kind LineKind, description string, quantity decimal.Decimal, key catalogue.Key, note string) decimal.Decimal {
	price, ok := v.price(key)
	if !ok {
		return decimal.Zero
	}
	monthly := quantity.Mul(price.Amount)
	v.cost.Lines = append(v.cost.Lines, Line{
		Kind: kind, Description: description, Quantity: quantity, Unit: price.Unit, UnitPrice: price.Amount, Monthly: monthly,
		Note: note, Confidence: price.Confidence, Source: price.Source,
	})
	return monthly
}

// fixed adds a position that is paid for standing there.
func (v *evaluation) fixed(description string, quantity decimal.Decimal, key catalogue.Key) decimal.Decimal {
	return v.line(Fixed, description, quantity, key, "")
}

// hourly adds a fixed position that is paid by the hour, all month, count times.
func (v *evaluation) hourly(description string, count decimal.Decimal, key catalogue.Key) decimal.Decimal {
	return v.line(Fixed, description, count.Mul(hoursPerMonth), key, "")
}

// uses adds a position whose quantity is an assumption of the usage profile.
func (v *evaluation) uses(description string, q usage.Quantity, key catalogue.Key) {
	v.line(Usage, description, v.assumed(q), key, "")
}

// assumed reads the usage profile for this resource.
func (v *evaluation) assumed(q usage.Quantity) decimal.Decimal {
	return v.estimator.usage.For(v.resource.URN, q)
}

// free says why a resource of a priced type costs nothing as it is configured.
func (v *evaluation) free(reason string) { v.cost.Free = reason }

// refers finds the resources of a type that a property refers to.
func (v *evaluation) refers(name, token string) []*Resource {
	return v.known.find(v.resource, name, token)
}

// other opens the properties of another resource; its problems are reported under this one.
func (v *evaluation) other(r *Resource) scope {
	return scope{evaluation: v, object: property.Of(r.Properties), path: r.Name + ": "}
}

// worstClass returns the most expensive allowed class of a product, where allowed are patterns and suffix selects the kind (an
// engine and deployment).
func (v *evaluation) worstClass(service, product, suffix string, allowed []string) string {
	e := v.estimator
	e.mu.Lock()
	defer e.mu.Unlock()
	memo := catalogue.Kind(service, product+"@"+v.prices.Region(), suffix)
	if class, ok := e.mostExpensive[memo]; ok {
		return class
	}
	var worst catalogue.Price
	for _, p := range v.prices.Of(service, product) {
		class, found := strings.CutSuffix(p.Variant, suffix)
		fits := slices.ContainsFunc(allowed, func(pattern string) bool { return fits(pattern, class) })
		if found && fits && p.Amount.GreaterThan(worst.Amount) {
			worst = p
			worst.Variant = class
		}
	}
	e.mostExpensive[memo] = worst.Variant
	return worst.Variant
}

// fits tells whether text has the form of a pattern with at most one *.
func fits(pattern, text string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}
