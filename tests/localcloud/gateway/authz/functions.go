package authz

import (
	"net/http"
	"net/url"
	"strings"
)

// ofFunctions knows the call of a function. Within the account the function's own policy can only add, and is not asked.
func (j *Judge) ofFunctions(r *http.Request) ([]call, error) {
	rest, isFunction := strings.CutPrefix(r.URL.EscapedPath(), "/2015-03-31/functions/")
	escaped, isCall := strings.CutSuffix(strings.TrimSuffix(rest, "/"), "/invocations")
	name, err := url.PathUnescape(escaped)
	if r.Method != http.MethodPost || !isFunction || !isCall || err != nil {
		return nil, errUnknown
	}
	if !strings.HasPrefix(name, "arn:") {
		name = j.Account.ARN("lambda", "function:"+name)
	}
	if qualifier := r.URL.Query().Get("Qualifier"); qualifier != "" {
		name += ":" + qualifier
	}
	return []call{{action: "lambda:InvokeFunction", resource: name, absent: []string{"lambda:eventsourcetoken", "lambda:invokedviafunctionurl"}}}, nil
}
