package bootstrap

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/iampolicy"
)

// call is one request as IAM evaluates it.
type call struct {
	action, resource string
	context          iampolicy.Context
}

// allowed evaluates a call by a role's own policies.
func allowed(t *testing.T, own []string, c call) bool {
	t.Helper()
	return decide(t, iampolicy.Policies{Identity: parsed(t, own...)}, c)
}

func decide(t *testing.T, p iampolicy.Policies, c call) bool {
	t.Helper()
	decision, err := iampolicy.Evaluate(iampolicy.Request{Action: c.action, Resource: c.resource, Context: c.context}, p)
	require.NoError(t, err)
	return decision.Allowed
}

// documents are those that were parsed before, by their text: tests ask each many times.
var documents sync.Map

func parsed(t *testing.T, texts ...string) []iampolicy.Document {
	t.Helper()
	list := make([]iampolicy.Document, 0, len(texts))
	for _, text := range texts {
		if known, ok := documents.Load(text); ok {
			list = append(list, known.(iampolicy.Document)) //nolint:errcheck // nothing else is in it
			continue
		}
		document, err := iampolicy.Parse(text)
		require.NoError(t, err)
		documents.Store(text, document)
		list = append(list, document)
	}
	return list
}

func statementsOf(t *testing.T, text string) []iampolicy.Statement {
	t.Helper()
	return parsed(t, text)[0].Statement
}
