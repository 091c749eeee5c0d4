package allocation

import (
	"bytes"
	"fmt"

	"github.com/shopspring/decimal"
)

// Micros is an amount of money in millionths of a US dollar: a small tenant's share of an hour still counts, and sums are exact.
type Micros int64

const (
	microDigits = 6
	mostUSD     = 1_000_000_000
)

// MicrosOf rounds an amount in US dollars half up. It refuses one below 0 or above a thousand million, and names it.
func MicrosOf(what string, usd decimal.Decimal) (Micros, error) {
	if usd.IsNegative() || usd.GreaterThan(decimal.NewFromInt(mostUSD)) {
		return 0, fmt.Errorf("%s: got %s, expected USD 0 to %d", what, usd, mostUSD)
	}
	return Micros(usd.Shift(microDigits).Round(0).IntPart()), nil
}

// USD is the amount in US dollars, exact.
func (m Micros) USD() decimal.Decimal { return decimal.New(int64(m), -microDigits) }

// MarshalJSON writes US dollars as text, as all amounts of money are written.
func (m Micros) MarshalJSON() ([]byte, error) {
	return []byte(`"` + m.USD().StringFixed(microDigits) + `"`), nil
}

// Parts are the amounts of the groups.
type Parts [groups]Micros

// Sum is that of all groups.
func (p Parts) Sum() (sum Micros) {
	for _, amount := range p {
		sum += amount
	}
	return sum
}

// MarshalJSON writes an object with the groups by name, in their order.
func (p Parts) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	for i, amount := range p {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		fmt.Fprintf(&out, `%c"%s":"%s"`, separator, keys[i].Name, amount.USD().StringFixed(microDigits))
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
