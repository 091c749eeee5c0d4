package report

import (
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
)

// Money is an amount of US dollars, and what is shown of it: cents that add up with those beside it.
type Money struct {
	Exact allocation.Micros
	Cents int64
}

// money is an amount that stands for itself.
func money(m allocation.Micros) Money { return Money{m, m.Cents()} }

// MarshalJSON writes the exact amount, as text.
func (m Money) MarshalJSON() ([]byte, error) { return m.Exact.MarshalJSON() }

// String has commas between thousands: 1,204.00.
func (m Money) String() string {
	text := thousands(m.Cents/centsOfDollar) + "." + strconv.FormatInt(abs(m.Cents)%centsOfDollar+centsOfDollar, 10)[1:]
	if m.Cents < 0 && m.Cents > -centsOfDollar {
		return "-" + text
	}
	return text
}

const (
	centsOfDollar = 100
	brief         = 1000 * centsOfDollar // from here on, a sentence has no cents
)

// short is the amount in a sentence: with cents where they matter.
func (m Money) short() string {
	switch {
	case abs(m.Cents) >= brief:
		return thousands(decimal.New(m.Cents, -2).Round(0).IntPart())
	case m.Cents%centsOfDollar == 0:
		return thousands(m.Cents / centsOfDollar)
	default:
		return m.String()
	}
}

// signed is the amount as a change.
func (m Money) signed() string {
	if m.Cents > 0 {
		return "+" + m.String()
	}
	return m.String()
}

func (m Money) plus(other Money) Money {
	return Money{m.Exact + other.Exact, m.Cents + other.Cents}
}

func (m Money) minus(other Money) Money {
	return Money{m.Exact - other.Exact, m.Cents - other.Cents}
}

// thousands writes a whole number with commas.
func thousands(n int64) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	text := strconv.FormatInt(n, 10)
	const digits = 3
	for i := len(text) - digits; i > 0; i -= digits {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func abs(n int64) int64 { return max(n, -n) }

// percentOf is a share in per cent with one digit, and nil of nothing.
func percentOf(part, whole Money) *decimal.Decimal {
	if whole.Cents <= 0 {
		return nil
	}
	share := decimal.NewFromInt(part.Cents).Shift(2).DivRound(decimal.NewFromInt(whole.Cents), 1)
	return &share
}
