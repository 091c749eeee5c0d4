package bootstrap

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// call is one request as IAM evaluates it.
type call struct {
	action, resource string
	context          map[string][]string
}

// allowed evaluates a call by identity policies as IAM does: a denial wins, and what nothing allows is denied.
func allowed(t *testing.T, policies []string, c call) bool {
	t.Helper()
	ok := false
	for _, text := range policies {
		for _, s := range statementsOf(t, text) {
			if !s.covers(t, c) {
				continue
			}
			if s.Effect == deny {
				return false
			}
			ok = true
		}
	}
	return ok
}

// many is one text or a list of them, as policies write both.
type many []string

func (m *many) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*m = many{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(m))
}

type parsedStatement struct {
	Effect                      string
	Action, NotAction, Resource many
	Condition                   map[string]map[string]many
}

func statementsOf(t *testing.T, text string) []parsedStatement {
	t.Helper()
	var document struct{ Statement []parsedStatement }
	require.NoError(t, json.Unmarshal([]byte(text), &document), text)
	return document.Statement
}

func (s parsedStatement) covers(t *testing.T, c call) bool {
	t.Helper()
	action := strings.ToLower(c.action)
	fits := func(pattern string) bool { return like(strings.ToLower(pattern), action) }
	if len(s.NotAction) > 0 && slices.ContainsFunc(s.NotAction, fits) || len(s.NotAction) == 0 && !slices.ContainsFunc(s.Action, fits) {
		return false
	}
	if !slices.ContainsFunc(s.Resource, func(pattern string) bool { return like(pattern, c.resource) }) {
		return false
	}
	for operator, keys := range s.Condition {
		for key, desired := range keys {
			if !holds(t, operator, c.context[key], desired) {
				return false
			}
		}
	}
	return true
}

// holds knows the operators that the policies of this package use.
func holds(t *testing.T, operator string, values, desired []string) bool {
	t.Helper()
	equal := func(value string) bool { return slices.Contains(desired, value) }
	alike := func(value string) bool {
		return slices.ContainsFunc(desired, func(pattern string) bool { return like(pattern, value) })
	}
	not := func(test func(string) bool) func(string) bool { return func(value string) bool { return !test(value) } }
	switch operator {
	case "StringEquals", "ForAnyValue:StringEquals":
		return slices.ContainsFunc(values, equal)
	case "StringNotEquals":
		return !slices.ContainsFunc(values, equal) // true without the key
	case "ArnLike", "StringLike":
		return slices.ContainsFunc(values, alike)
	case "ForAllValues:StringEquals":
		return !slices.ContainsFunc(values, not(equal))
	case "ForAllValues:StringLike":
		return !slices.ContainsFunc(values, not(alike))
	default:
		require.FailNow(t, "unknown operator "+operator)
		return false
	}
}

func like(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^(?s:" + expression + ")$").MatchString(text)
}
