package rules

import (
	"encoding/json"
	"slices"
	"strings"

	sdk "github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/genericcorp/platform/internal/property"
)

// statement is one statement of an IAM policy document, with every "one or several" made a list.
type statement struct {
	Effect     string                         `json:"Effect"`
	Actions    words                          `json:"Action"`
	NotActions words                          `json:"NotAction"`
	Resources  words                          `json:"Resource"`
	Principal  principal                      `json:"Principal"`
	Conditions map[string]map[string]wordlike `json:"Condition"`
}

// documentOf reads the policy document in the property policy, which is JSON in a string or the same as an object. ok is
// false when there is none, when some of it is not known yet, and when it is no document at all: AWS refuses
// that one itself.
func documentOf(o property.Object) (statements []statement, ok bool) {
	v := o.Value("policy")
	if !v.Known() {
		return nil, false
	}
	text := []byte(nil)
	switch {
	case v.Value.IsString():
		text = []byte(v.Value.AsString())
	case v.Value.IsMap() && !v.Value.HasComputed():
		encoded, err := json.Marshal(plainJSON(v.Value))
		if err != nil {
			return nil, false
		}
		text = encoded
	default:
		return nil, false
	}
	return parseDocument(text)
}

func parseDocument(text []byte) ([]statement, bool) {
	var document struct {
		Statement json.RawMessage `json:"Statement"`
	}
	if json.Unmarshal(text, &document) != nil {
		return nil, false
	}
	var list []statement
	if json.Unmarshal(document.Statement, &list) == nil {
		return list, true
	}
	var one statement
	if json.Unmarshal(document.Statement, &one) != nil {
		return nil, false
	}
	return []statement{one}, true
}

// plainJSON turns a property into what encoding/json writes.
func plainJSON(v sdk.Value) any {
	switch {
	case v.IsMap():
		m := make(map[string]any, v.AsMap().Len())
		for key, value := range v.AsMap().All {
			m[key] = plainJSON(value)
		}
		return m
	case v.IsArray():
		list := make([]any, 0, v.AsArray().Len())
		for _, element := range v.AsArray().All {
			list = append(list, plainJSON(element))
		}
		return list
	case v.IsString():
		return v.AsString()
	case v.IsNumber():
		return v.AsNumber()
	case v.IsBool():
		return v.AsBool()
	}
	return nil
}

// allows tells that the statement grants something.
func (s statement) allows() bool { return strings.EqualFold(s.Effect, "Allow") }

// grantsEverything tells that the statement allows all actions on all resources.
func (s statement) grantsEverything() bool {
	all := func(action string) bool { return action == "*" || action == "*:*" }
	return s.allows() && slices.ContainsFunc(s.Actions, all) && slices.Contains(s.Resources, "*")
}

// serviceWildcard gives the first action that takes in all of a service, or all actions but a few.
func (s statement) serviceWildcard() (string, bool) {
	if !s.allows() {
		return "", false
	}
	if len(s.NotActions) > 0 {
		return "NotAction", true
	}
	for _, action := range s.Actions {
		if action == "*" || strings.HasSuffix(action, ":*") {
			return action, true
		}
	}
	return "", false
}

// narrowing are the condition keys that tie an open principal to known callers.
var narrowing = []string{
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths",
	"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce",
	"kms:calleraccount",
}

// public tells that the statement allows anyone, with no condition that narrows who that is.
func (s statement) public() bool {
	if !s.allows() || !s.Principal.anyone() {
		return false
	}
	for operator, keys := range s.Conditions {
		if strings.Contains(strings.ToLower(operator), "not") || strings.HasSuffix(strings.ToLower(operator), "ifexists") {
			continue
		}
		for key, values := range keys {
			if slices.Contains(narrowing, strings.ToLower(key)) && !slices.Contains(values, "*") {
				return false
			}
		}
	}
	return true
}

// deniesPlainText tells that the statement denies everybody every action without TLS.
func (s statement) deniesPlainText() bool {
	if !strings.EqualFold(s.Effect, "Deny") || !s.Principal.anyone() {
		return false
	}
	if !slices.Contains(s.Actions, "*") && !slices.Contains(s.Actions, "s3:*") {
		return false
	}
	for operator, keys := range s.Conditions {
		for key, values := range keys {
			if strings.EqualFold(operator, "Bool") && strings.EqualFold(key, "aws:SecureTransport") && slices.Contains(values, "false") {
				return true
			}
		}
	}
	return false
}

// words is a string or a list of strings.
type words []string

// UnmarshalJSON takes both forms.
func (w *words) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(w))
}

// wordlike is words in which booleans and numbers may stand without quotes, as conditions have them.
type wordlike []string

// UnmarshalJSON takes a scalar or a list of scalars.
func (w *wordlike) UnmarshalJSON(text []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		list = []json.RawMessage{text}
	}
	for _, element := range list {
		*w = append(*w, strings.Trim(string(element), `"`))
	}
	return nil
}

// principal is "*" or lists of names by kind.
type principal map[string]words

// UnmarshalJSON takes both forms.
func (p *principal) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*p = principal{"AWS": {one}}
		return nil
	}
	return json.Unmarshal(text, (*map[string]words)(p))
}

func (p principal) anyone() bool { return slices.Contains(p["AWS"], "*") }
