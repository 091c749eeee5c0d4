package rights

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/iampolicy"
)

// Question is what a role's session would ask of AWS.
type Question struct {
	Action, Resource string
	Region           string
	Now              time.Time
	// Context has condition keys with their values; one without a value is one of which AWS sends none.
	Context iampolicy.Context
}

// Answer says what comes of it.
type Answer struct {
	Role     string `json:"role"` // its ARN
	Action   string `json:"action"`
	Resource string `json:"resource"`
	Allowed  bool   `json:"allowed"`
	Why      string `json:"why"` // in AWS's words, where it is not allowed
	By       string `json:"by"`  // the statement that decided; empty: none speaks of it
	// Unknown are condition keys that decide and of which the question says nothing: then it is not allowed, and may be.
	Unknown  []string `json:"unknown"`
	Policies []string `json:"policies"` // those that were asked
}

// Explain evaluates the role's own policies and its boundary. The resource's own policy and the organisation's are not asked.
func (r Role) Explain(q Question) (Answer, error) {
	answer := Answer{Role: r.ARN, Action: q.Action, Resource: q.Resource, Unknown: []string{}, Policies: []string{}}
	for _, document := range slices.Concat(r.Policies.Identity, r.Policies.Boundary) {
		answer.Policies = append(answer.Policies, document.Name)
	}
	context, absent := r.context(q)
	request := iampolicy.Request{
		Caller: iampolicy.Caller{Role: r.ARN, Session: session(r.ARN)}, Action: q.Action, Resource: q.Resource, Context: context,
		Knows: func(key string) bool {
			known := slices.ContainsFunc(absent, func(name string) bool { return strings.EqualFold(name, key) }) || strings.HasPrefix(strings.ToLower(key), "aws:principaltag/")
			if !known && !slices.Contains(answer.Unknown, key) {
				answer.Unknown = append(answer.Unknown, key)
			}
			return known
		},
	}
	decision, err := iampolicy.Evaluate(request, r.Policies)
	if err != nil && len(answer.Unknown) == 0 {
		return answer, fmt.Errorf("evaluate the policies of %s: %w", r.ARN, err)
	}
	if err != nil {
		answer.Why = "because it is not said what AWS sends of a condition key"
		return answer, nil //nolint:nilerr // which keys those are is the answer
	}
	answer.Unknown = []string{} // they decide nothing
	answer.Allowed, answer.Why, answer.By = decision.Allowed, decision.Why, decision.By
	return answer, nil
}

// context has what every call of a role's session carries (IAM User Guide, "AWS global condition context keys"), and what the question says.
func (r Role) context(q Question) (context iampolicy.Context, absent []string) {
	context = iampolicy.Context{
		"aws:PrincipalArn": {r.ARN}, "aws:PrincipalAccount": {account(r.ARN)}, "aws:PrincipalType": {"AssumedRole"}, "aws:PrincipalIsAWSService": {"false"},
		"aws:ViaAWSService": {"false"}, "aws:RequestedRegion": {q.Region}, "aws:SecureTransport": {"true"}, "aws:CurrentTime": {q.Now.UTC().Format(time.RFC3339)},
	}
	for key, value := range r.Tags {
		context["aws:PrincipalTag/"+key] = []string{value}
	}
	for _, key := range slices.Sorted(maps.Keys(q.Context)) {
		maps.DeleteFunc(context, func(have string, _ []string) bool { return strings.EqualFold(have, key) })
		if values := q.Context[key]; len(values) > 0 {
			context[key] = values
		} else {
			absent = append(absent, key)
		}
	}
	return context, absent
}

func account(arn string) string {
	const at = 4
	return strings.Split(arn+":::::", ":")[at]
}

// session names one of the role's, as AWS does.
func session(role string) string {
	return "arn:aws:sts::" + account(role) + ":assumed-role/" + role[strings.LastIndex(role, "/")+1:] + "/explain"
}
