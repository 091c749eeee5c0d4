package iampolicy

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Context is what AWS knows of a request, by condition key. Keys know no upper case.
type Context map[string][]string

func (c Context) values(key string) []string {
	for name, values := range c {
		if strings.EqualFold(name, key) {
			return values
		}
	}
	return nil
}

// operator is a condition operator, taken apart.
type operator struct {
	set      string // ForAllValues, ForAnyValue, or nothing
	base     string // without "Not"
	negated  bool
	ifExists bool
}

// comparisons are the operators by what they compare: a value of the request with one of the policy.
var comparisons = map[string]func(value, want string) bool{
	"StringEquals":             func(value, want string) bool { return value == want },
	"StringEqualsIgnoreCase":   strings.EqualFold,
	"StringLike":               func(value, want string) bool { return glob(want, value) },
	"Bool":                     strings.EqualFold,
	"ArnEquals":                func(value, want string) bool { return arnLike(want, value) }, // AWS: the two are the same
	"ArnLike":                  func(value, want string) bool { return arnLike(want, value) },
	"NumericEquals":            numeric(func(value, want float64) bool { return value == want }),
	"NumericLessThan":          numeric(func(value, want float64) bool { return value < want }),
	"NumericLessThanEquals":    numeric(func(value, want float64) bool { return value <= want }),
	"NumericGreaterThan":       numeric(func(value, want float64) bool { return value > want }),
	"NumericGreaterThanEquals": numeric(func(value, want float64) bool { return value >= want }),
	"IpAddress":                inRange,
}

// opposites are the operators that are true where another one is not.
var opposites = map[string]string{
	"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
	"ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike", "NumericNotEquals": "NumericEquals", "NotIpAddress": "IpAddress",
}

const null = "Null" // asks whether a key is absent

func parseOperator(text string) (operator, error) {
	var o operator
	base := text
	for _, set := range []string{"ForAllValues", "ForAnyValue"} {
		if after, ok := strings.CutPrefix(base, set+":"); ok {
			o.set, base = set, after
		}
	}
	base, o.ifExists = strings.CutSuffix(base, "IfExists")
	if positive, ok := opposites[base]; ok {
		base, o.negated = positive, true
	}
	o.base = base
	if _, ok := comparisons[base]; !ok && (base != null || o.ifExists || o.set != "") {
		return o, fmt.Errorf("condition operator: got %q, which is not evaluated here", text)
	}
	return o, nil
}

// variable is a policy variable that stands for a condition key's value.
var variable = regexp.MustCompile(`\$\{([A-Za-z0-9:/_.-]+)\}`)

// fill puts the request's values in the places of policy variables. A statement with one that the request does not carry, or carries
// several times, is not about it (IAM User Guide, "IAM policy elements: Variables and tags").
func (c Context) fill(wanted []string) (filled []string, ok bool) {
	filled, ok = slices.Clone(wanted), true
	for i, value := range wanted {
		filled[i] = variable.ReplaceAllStringFunc(value, func(found string) string {
			values := c.values(variable.FindStringSubmatch(found)[1])
			if len(values) != 1 {
				ok = false
				return ""
			}
			return values[0]
		})
	}
	return filled, ok
}

// holds says whether all conditions of a statement are true of a request: all operators and keys, and one value of each key.
func (c Conditions) holds(context Context) (bool, error) {
	for text, keys := range c {
		o, err := parseOperator(text)
		if err != nil {
			return false, err
		}
		for key, wanted := range keys {
			known, ok := context.fill(wanted)
			if !ok || !o.holds(context.values(key), known) {
				return false, nil
			}
		}
	}
	return true, nil
}

func (o operator) holds(values, wanted []string) bool {
	if o.base == null {
		return slices.ContainsFunc(wanted, func(absent string) bool { return strings.EqualFold(absent, "true") == (len(values) == 0) })
	}
	if len(values) == 0 { // the request does not carry the key
		return o.ifExists || o.set == "ForAllValues" || o.negated && o.set == ""
	}
	test := func(value string) bool {
		found := slices.ContainsFunc(wanted, func(want string) bool { return comparisons[o.base](value, want) })
		return found != o.negated
	}
	fails := func(value string) bool { return !test(value) }
	if o.set == "ForAllValues" || o.set == "" && o.negated {
		return !slices.ContainsFunc(values, fails)
	}
	return slices.ContainsFunc(values, test)
}

func numeric(compare func(value, want float64) bool) func(value, want string) bool {
	return func(value, want string) bool {
		x, err := strconv.ParseFloat(value, 64)
		y, err2 := strconv.ParseFloat(want, 64)
		return err == nil && err2 == nil && compare(x, y)
	}
}

func inRange(value, want string) bool {
	address, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	if prefix, err := netip.ParsePrefix(want); err == nil {
		return prefix.Contains(address)
	}
	one, err := netip.ParseAddr(want)
	return err == nil && one == address
}
