package stacks

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// The names of the struct tags that describe a setting; EnvironmentSettings says what they mean.
const (
	tagKey     = "settings"
	tagDefault = "default"
	tagAllowed = "allowed"
)

var (
	decimalType = reflect.TypeFor[decimal.Decimal]()
	secretType  = reflect.TypeFor[Secret]()
)

// field is one key of a section.
type field struct {
	key        string
	typ        reflect.Type
	allowed    string
	text       string // the default as the tag has it
	hasDefault bool
}

// fieldsOf lists the keys of a section in the order of their declaration.
func fieldsOf(section reflect.Type) []field {
	fields := make([]field, 0, section.NumField())
	for i := range section.NumField() {
		f := section.Field(i)
		text, hasDefault := f.Tag.Lookup(tagDefault)
		fields = append(fields, field{
			key: f.Tag.Get(tagKey), typ: f.Type, allowed: f.Tag.Get(tagAllowed), text: text, hasDefault: hasDefault,
		})
	}
	return fields
}

// isSection says whether a type is an object with keys of its own.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != decimalType && t != secretType
}

// defaultValue gives the default in the form in which a file would give it.
func (f field) defaultValue() any {
	if f.typ.Kind() == reflect.String || f.typ == secretType {
		return f.text
	}
	value, err := parseJSON(f.text)
	if err != nil { // a tag of this package, held by a test
		return json.Number(f.text)
	}
	return value
}

// allowedValues maps every key, without the indexes of lists, to the text of its tag "allowed".
var allowedValues = func() map[string]string {
	all := map[string]string{}
	var walk func(prefix string, section reflect.Type)
	walk = func(prefix string, section reflect.Type) {
		for _, f := range fieldsOf(section) {
			all[prefix+f.key] = f.allowed
			switch {
			case isSection(f.typ):
				walk(prefix+f.key+".", f.typ)
			case f.typ.Kind() == reflect.Slice && isSection(f.typ.Elem()):
				walk(prefix+f.key+".", f.typ.Elem())
			}
		}
	}
	walk("", reflect.TypeFor[EnvironmentSettings]())
	// The keys that several have say the same, held by a test.
	walk("", reflect.TypeFor[WorkloadsSettings]())
	walk("", reflect.TypeFor[TenantSettings]())
	return all
}()

var indexes = regexp.MustCompile(`\[\d+\]`)

// allowed is what a key accepts, as the reference says it.
func allowed(key string) string { return allowedValues[indexes.ReplaceAllString(key, "")] }

// join makes a key of the key of a section and the name of one of its fields.
func join(section, name string) string { return strings.TrimPrefix(section+"."+name, ".") }
