package allocation

import (
	"cmp"
	"math/bits"
	"slices"
)

// Apportion divides an amount by weights so that the parts are whole and add up to it: each gets its share rounded down, and what
// is left goes, one each, to those whose shares were rounded by most, among equals to the first. Without any weight nobody gets
// anything. Amount and weights are 0 or more, and the weights' sum fits into 64 bits.
func Apportion[A, W ~int64](amount A, weights []W) []A {
	parts := make([]A, len(weights))
	whole := uint64(0)
	for _, weight := range weights {
		whole += uint64(weight)
	}
	if whole == 0 || amount == 0 {
		return parts
	}
	type remainder struct {
		size  uint64
		index int
	}
	remainders := make([]remainder, 0, len(weights))
	left := amount
	for i, weight := range weights {
		if weight == 0 {
			continue
		}
		high, low := bits.Mul64(uint64(amount), uint64(weight))
		share, size := bits.Div64(high, low, whole) // high < whole, as the weight is at most the whole and the amount below 2^63
		parts[i] = A(share)
		left -= parts[i]
		if size > 0 {
			remainders = append(remainders, remainder{size, i})
		}
	}
	slices.SortFunc(remainders, func(a, b remainder) int { return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.index, b.index)) })
	for _, r := range remainders[:left] { // each remainder is below one, and they add up to what is left
		parts[r.index]++
	}
	return parts
}
