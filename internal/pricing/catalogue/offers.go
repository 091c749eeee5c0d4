package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
)

var offerColumns = []string{"service", "product", "variant", "unit", "scale", "usagetype", "operation", "attributes", "from"}

// selector tells where an offer file keeps one kind of price. A {} in the usage type stands for any text, which
// takes the place of {} in the variant, so that one selector finds every instance class.
type selector struct {
	key        Key
	unit       Unit
	scale      decimal.Decimal // AWS's price is for this many of our units
	usageType  *regexp.Regexp
	operation  string            // empty: any
	attributes map[string]string // normalised name to value
	from       string            // start of the price tier, "0" for the first
}

// regionPrefix is what AWS puts before the usage types of most regions, for instance USE1-.
var regionPrefix = regexp.MustCompile(`^[A-Z]{2,4}\d*-`)

// match returns the key that a product's price has in the catalogue.
func (s selector) match(attributes map[string]string) (Key, bool) {
	usage := regionPrefix.ReplaceAllString(attributes["usagetype"], "")
	groups := s.usageType.FindStringSubmatch(usage)
	if groups == nil || s.operation != "" && attributes["operation"] != s.operation {
		return Key{}, false
	}
	for name, want := range s.attributes {
		if attributes[name] != want {
			return Key{}, false
		}
	}
	key := s.key
	if len(groups) > 1 {
		key.Variant = strings.Replace(key.Variant, "{}", groups[1], 1)
	}
	return key, true
}

// normal makes the CSV's "Pre Installed S/W" and the JSON's "preInstalledSw" one name.
func normal(attribute string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, attribute)
}

// selectors reads offers.csv, reporting every malformed row at once.
func selectors(folder fs.FS) ([]selector, error) {
	f, err := folder.Open(offersFile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var found []selector
	var errs []error
	bad := func(line int, text string) { errs = append(errs, fmt.Errorf("%s:%d: %s", offersFile, line, text)) }
	err = eachRow(f, offerColumns, func(line int, cell []string) {
		s := selector{
			key: Key{Service: cell[0], Product: cell[1], Variant: cell[2]}, unit: Unit(cell[3]),
			operation: cell[6], attributes: map[string]string{}, from: cell[8],
		}
		if !units[s.unit] {
			bad(line, fmt.Sprintf("unknown unit %q", cell[3]))
		}
		scale, err := decimal.NewFromString(cell[4])
		if err != nil || !scale.IsPositive() {
			bad(line, fmt.Sprintf("scale %q, expected a number above zero", cell[4]))
		}
		s.scale = scale
		if strings.Count(cell[2], "{}") != strings.Count(cell[5], "{}") {
			bad(line, "variant and usagetype must both have a {} or neither")
		}
		pattern := strings.ReplaceAll(regexp.QuoteMeta(cell[5]), `\{\}`, `([A-Za-z0-9.-]+)`)
		s.usageType = regexp.MustCompile("^" + pattern + "$")
		for pair := range strings.SplitSeq(cell[7], ";") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				s.attributes[normal(name)] = value
			} else if pair != "" {
				bad(line, fmt.Sprintf("attribute %q, expected name=value", pair))
			}
		}
		found = append(found, s)
	}, bad)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("offer selectors:\n%w", err)
	}
	return found, nil
}
