package nodestats

import (
	"strconv"
	"strings"
)

// suffixes of quantities of Kubernetes, the longer ones first.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
var suffixes = []struct {
	text   string
	factor float64
}{
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"m", 1e-3}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"", 1},
}

// quantity reads an amount of Kubernetes; nil: there is none, or none that is above zero.
func quantity(text string) *float64 {
	for _, suffix := range suffixes {
		number, found := strings.CutSuffix(text, suffix.text)
		if !found {
			continue
		}
		if value, err := strconv.ParseFloat(number, 64); err == nil && value > 0 {
			return new(value * suffix.factor)
		}
		return nil
	}
	return nil
}
