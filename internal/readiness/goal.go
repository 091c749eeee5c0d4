package readiness

import (
	"math"
	"strconv"
)

// Goal bounds one number of a check's evidence, both ends included.
type Goal struct {
	Number, Unit string
	Least, Most  float64
}

func atMost(number, unit string, most float64) Goal { return Goal{number, unit, math.Inf(-1), most} }

// atLeast is for what is counted.
func atLeast(number string, least float64) Goal { return Goal{number, "", least, math.Inf(1)} }

// String is the goal in words, without the number's name: "at most 120 s".
func (g Goal) String() string {
	if math.IsInf(g.Most, 1) {
		return "at least " + quantity(g.Least, g.Unit)
	}
	return "at most " + quantity(g.Most, g.Unit)
}

// missed says in words how a number misses the goal; nothing: it does not.
func (g Goal) missed(n Number) string {
	switch {
	case n.Unit != g.Unit:
		return n.Name + ": got the unit " + strconv.Quote(n.Unit) + ", expected " + strconv.Quote(g.Unit)
	case !(n.Value >= g.Least && n.Value <= g.Most):
		return n.Name + ": " + quantity(n.Value, n.Unit) + ", " + g.String()
	default:
		return ""
	}
}

// quantity is a value with its unit, in at most two decimals.
func quantity(value float64, unit string) string {
	const cents = 100
	text := strconv.FormatFloat(math.Round(value*cents)/cents, 'f', -1, 64)
	if unit == "" {
		return text
	}
	return text + " " + unit
}
