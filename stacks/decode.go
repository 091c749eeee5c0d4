package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/go-viper/mapstructure/v2"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/check"
)

// decode fills target, a pointer to a struct of settings, from a tree. First the keys are checked (unknown,
// missing, left to their default), then the values, each by its type alone.
func decode(tree map[string]any, target any, r *report, openSecrets bool) {
	completeKeys("", tree, reflect.TypeOf(target).Elem(), r)
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:      target,
		TagName:     tagKey,
		ErrorUnused: true,
		DecodeHook:  strictTypes(openSecrets),
	})
	if err == nil {
		err = decoder.Decode(tree)
	}
	reportTypes(err, r)
}

// completeKeys reports and removes the keys that a section does not have, reports those that it lacks, and
// writes the defaults of the others.
func completeKeys(key string, object map[string]any, section reflect.Type, r *report) {
	fields := fieldsOf(section)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.key == name }) {
			r.require(false, join(key, name), literal("an unknown key"), nearest(key, name, fields))
			delete(object, name)
		}
	}
	for _, f := range fields {
		child := join(key, f.key)
		value, given := object[f.key]
		switch {
		case given:
		case isSection(f.typ):
			value = map[string]any{}
			object[f.key] = value
		case f.hasDefault:
			object[f.key] = f.defaultValue()
		default:
			r.require(false, child, literal("nothing"), f.allowed)
		}
		completeWithin(child, value, f.typ, r)
	}
}

// completeWithin goes on into a value that is a section or a list of sections.
func completeWithin(key string, value any, typ reflect.Type, r *report) {
	switch value := value.(type) {
	case map[string]any:
		if isSection(typ) {
			completeKeys(key, value, typ, r)
		}
	case []any:
		if typ.Kind() == reflect.Slice {
			for i, element := range value {
				completeWithin(check.Item(key, i), element, typ.Elem(), r)
			}
		}
	}
}

// maxTypos is how many letters of an unknown key may be wrong for a known one to be suggested.
const maxTypos = 3

// nearest names the known key that the author of an unknown one may have meant, or else all known keys.
func nearest(section, name string, fields []field) string {
	keys := make([]string, len(fields))
	best, fewest := "", maxTypos+1
	for i, f := range fields {
		keys[i] = f.key
		typos := levenshtein.Distance(strings.ToLower(name), strings.ToLower(f.key), nil)
		if typos < fewest && typos < len(f.key) {
			best, fewest = f.key, typos
		}
	}
	if best == "" {
		return "one of " + strings.Join(keys, ", ")
	}
	return settingsKey + "." + join(section, best)
}

// mismatch is a value of a type that its key does not take.
type mismatch struct {
	value    any
	expected string
}

func (m *mismatch) Error() string { return fmt.Sprintf("got %v, expected %s", m.value, m.expected) }

// strictTypes refuses every value that is not exactly of its field's type; mapstructure alone would take a
// number for text. Secrets must be encrypted unless openSecrets says that the engine has opened them.
func strictTypes(openSecrets bool) mapstructure.DecodeHookFuncValue {
	return func(from, to reflect.Value) (any, error) {
		value := from.Interface()
		switch {
		case to.Type() == decimalType:
			return toDecimal(value)
		case to.Type() == secretType:
			return toSecret(value, openSecrets)
		}
		switch to.Kind() {
		case reflect.String:
			return exactly[string](value, "text in quotes")
		case reflect.Bool:
			return exactly[bool](value, "true or false")
		case reflect.Slice:
			return exactly[[]any](value, "a list")
		case reflect.Int:
			return toInt(value)
		default:
			return exactly[map[string]any](value, "an object with keys")
		}
	}
}

func exactly[T any](value any, expected string) (any, error) {
	if _, ok := value.(T); ok {
		return value, nil
	}
	return nil, &mismatch{shown(value), expected}
}

func toInt(value any) (any, error) {
	number, ok := value.(json.Number)
	if !ok {
		return nil, &mismatch{shown(value), "a whole number"}
	}
	parsed, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || parsed > math.MaxInt32 || parsed < math.MinInt32 {
		return nil, &mismatch{number, "a whole number"}
	}
	return int(parsed), nil
}

// amount is a plain decimal number. An exponent would let a short text stand for a number that fills memory.
var amount = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,15})?$`)

func toDecimal(value any) (any, error) {
	text, isText := value.(string)
	if number, ok := value.(json.Number); ok {
		text, isText = number.String(), true
	}
	if !isText || !amount.MatchString(text) {
		return nil, &mismatch{shown(value), "an amount such as 2500 or \"2500.00\""}
	}
	return decimal.NewFromString(text)
}

func toSecret(value any, open bool) (any, error) {
	switch value := value.(type) {
	case secure:
		return Secret{encrypted: true}, nil
	case string:
		if value == "" || open {
			return Secret{value: value}, nil
		}
		return nil, &mismatch{literal("plain text"), "a secret, stored with pulumi config set --secret --path"}
	default:
		return nil, &mismatch{literal("something else"), "a secret, stored with pulumi config set --secret --path"}
	}
}

// shown is how a value of the tree is written in a message.
func shown(value any) any {
	switch value := value.(type) {
	case null:
		return literal("null")
	case secure:
		return literal("a secret")
	case map[string]any:
		return literal("an object with keys")
	case []any:
		return literal("a list")
	default:
		return value
	}
}

// reportTypes takes mapstructure's joined errors apart.
func reportTypes(err error, r *report) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, part := range joined.Unwrap() {
			reportTypes(part, r)
		}
		return
	}
	var at *mapstructure.DecodeError
	var wrong *mismatch
	switch {
	case err == nil:
	case errors.As(err, &at) && errors.As(err, &wrong):
		r.require(false, at.Name(), wrong.value, wrong.expected)
	default:
		r.problems.Add(fmt.Errorf("%s: %w", settingsKey, err))
	}
}
