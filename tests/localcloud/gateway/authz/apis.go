package authz

import (
	"net/http"
	"strings"
)

// ofAPIs knows the control plane of HTTP APIs: its actions are the methods of HTTP, on what a path names without its version. Who changes the
// tags of something needs the action for that besides. What a request to an API needs, the function's own policy says.
func (j *Judge) ofAPIs(r *http.Request) ([]call, error) {
	path, ofHTTP := strings.CutPrefix(r.URL.Path, "/v2")
	if !ofHTTP {
		return nil, errUnknown
	}
	resource := "arn:aws:apigateway:" + j.Account.Region + "::" + path
	calls := []call{{action: "apigateway:" + r.Method, resource: resource}}
	tagging := map[string]string{http.MethodPost: "apigateway:TagResource", http.MethodDelete: "apigateway:UntagResource"}[r.Method]
	if strings.HasPrefix(path, "/tags/") && tagging != "" {
		calls = append(calls, call{action: tagging, resource: resource})
	}
	return calls, nil
}
