package iampolicy

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Context is what AWS knows of a request, by condition key. Keys know no upper case.
type Context map[string][]string

// With is the context with one more key.
func (c Context) With(key string, values ...string) Context {
	more := maps.Clone(c)
	more[key] = values
	return more
}

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
	"DateEquals":               date(func(order int) bool { return order == 0 }),
	"DateLessThan":             date(func(order int) bool { return order < 0 }),
	"DateLessThanEquals":       date(func(order int) bool { return order <= 0 }),
	"DateGreaterThan":          date(func(order int) bool { return order > 0 }),
	"DateGreaterThanEquals":    date(func(order int) bool { return order >= 0 }),
	"BinaryEquals":             func(value, want string) bool { return value == want }, // both in base64
	"IpAddress":                inRange,
}

// opposites are the operators that are true where another one is not.
var opposites = map[string]string{
	"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
	"ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike", "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals", "NotIpAddress": "IpAddress",
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

// variable is a policy variable that stands for a condition key's value, with what it is where the request does not carry the key.
var variable = regexp.MustCompile(`\$\{([A-Za-z0-9:/_.-]+)(?:, *'([^'$]*)')?\}`)

// fill puts the request's values in the places of policy variables. A statement with one that the request does not carry, or carries
// several times, is not about it (IAM User Guide, "IAM policy elements: Variables and tags").
func (r Request) fill(wanted []string, wild bool) (filled []string, ok bool, err error) {
	filled, ok = slices.Clone(wanted), true
	for i, value := range wanted {
		filled[i] = variable.ReplaceAllStringFunc(value, func(found string) string {
			parts := variable.FindStringSubmatch(found)
			key, value := parts[1], parts[2]
			values := r.Context.values(key)
			switch {
			case len(values) == 1:
				value = values[0]
			case len(values) > 1 || !strings.Contains(found, ","):
				ok, err = false, errors.Join(err, r.unknown(key))
			}
			if wild && strings.ContainsAny(value, "*?") {
				ok, err = false, errors.Join(err, fmt.Errorf("policy variable %s: got %q, expected a value without wildcards, which are not evaluated here", found, value))
			}
			return value
		})
	}
	return filled, ok, err
}

// unknown is an error where nobody knows whether AWS would send a key that the request does not carry.
func (r Request) unknown(key string) error {
	if len(r.Context.values(key)) > 0 || r.Knows == nil || r.Knows(key) {
		return nil
	}
	return fmt.Errorf("condition key: got %q, of which it is not known here whether %s carries it", key, r.Action)
}

// meets says whether all conditions of a statement are true of a request: all operators and keys, and one value of each key. One that is
// false is enough, whatever is not known of the others.
func (r Request) meets(conditions Conditions) (holds bool, err error) {
	holds = true
	for text, keys := range conditions {
		o, problem := parseOperator(text)
		if problem != nil {
			err = errors.Join(err, problem)
			continue
		}
		for key, wanted := range keys {
			if problem := r.unknown(key); problem != nil {
				err = errors.Join(err, problem)
				continue
			}
			known, ok, problem := r.fill(wanted, o.wild())
			if problem != nil {
				err = errors.Join(err, problem)
				continue
			}
			holds = holds && ok && o.holds(r.Context.values(key), known)
		}
	}
	if !holds {
		return false, nil
	}
	return err == nil, err
}

// wild says whether the operator takes wildcards.
func (o operator) wild() bool { return o.base == "StringLike" || strings.HasPrefix(o.base, "Arn") }

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

// date compares times as policies write them: in ISO 8601, or as seconds since 1970.
func date(fits func(order int) bool) func(value, want string) bool {
	return func(value, want string) bool {
		x, ok := moment(value)
		y, ok2 := moment(want)
		return ok && ok2 && fits(x.Compare(y))
	}
}

func moment(text string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
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
