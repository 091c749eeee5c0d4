// Package iampolicy evaluates IAM policies as AWS does, so that tests can ask what a document allows and what it denies.
// It knows what the documents of this repository use, and refuses to guess at anything else: an unknown element, operator
// or policy variable is an error.
//
// Source of every rule: IAM User Guide, "IAM JSON policy element reference" and "Policy evaluation logic",
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html.
package iampolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The two effects of a statement.
const (
	Allow = "Allow"
	Deny  = "Deny"
)

// Document is a policy: a list of statements.
type Document struct {
	Version   string      `json:"Version,omitempty"`
	ID        string      `json:"Id,omitempty"`
	Statement []Statement `json:"Statement"`
}

// Statement is one statement of a policy.
type Statement struct {
	Sid          string
	Effect       string
	Principal    *Principals
	NotPrincipal *Principals
	Action       List
	NotAction    List
	Resource     List
	NotResource  List
	Condition    Conditions
}

// Conditions maps an operator ("StringEquals") to keys ("aws:SourceAccount") to values.
type Conditions map[string]map[string]List

// List is one text or several, as policies write both. Booleans and numbers are their texts.
type List []string

// UnmarshalJSON takes a single value in place of a list of one.
func (l *List) UnmarshalJSON(raw []byte) error {
	var values []any
	if json.Unmarshal(raw, &values) != nil {
		var one any
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		values = []any{one}
	}
	*l = List{}
	for _, value := range values {
		switch value.(type) {
		case string, bool, float64:
			*l = append(*l, fmt.Sprint(value))
		default:
			return fmt.Errorf("got %s, expected a text or a list of texts", raw)
		}
	}
	return nil
}

// Principals are who a resource's policy speaks of: by kind ("AWS", "Service", "Federated"), or under "*" everybody.
type Principals map[string]List

// UnmarshalJSON takes "*", which is everybody.
func (p *Principals) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte(`"*"`)) {
		*p = Principals{"*": {"*"}}
		return nil
	}
	byKind := map[string]List{}
	if err := json.Unmarshal(raw, &byKind); err != nil {
		return fmt.Errorf("principal: %w", err)
	}
	*p = byKind
	return nil
}

// Parse reads a document. All problems of its statements are reported at once.
func Parse(text string) (Document, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var d Document
	if err := decoder.Decode(&d); err != nil {
		return Document{}, fmt.Errorf("policy: %w in %s", err, text)
	}
	var problems []error
	for i, s := range d.Statement {
		if err := s.check(); err != nil {
			problems = append(problems, fmt.Errorf("policy: statement %d (%s): %w", i, s.Sid, err))
		}
	}
	return d, errors.Join(problems...)
}

func (s Statement) check() error {
	var problems []error
	if s.Effect != Allow && s.Effect != Deny {
		problems = append(problems, fmt.Errorf("effect: got %q, expected Allow or Deny", s.Effect))
	}
	if (len(s.Action) == 0) == (len(s.NotAction) == 0) {
		problems = append(problems, errors.New("expected either Action or NotAction"))
	}
	if len(s.Resource) > 0 && len(s.NotResource) > 0 {
		problems = append(problems, errors.New("expected Resource or NotResource, not both"))
	}
	for _, list := range []List{s.Resource, s.NotResource} {
		for _, resource := range list {
			if strings.Contains(resource, "${") {
				problems = append(problems, fmt.Errorf("resource: got %q, expected one without policy variables, which are not evaluated here", resource))
			}
		}
	}
	return errors.Join(append(problems, s.Condition.check()...)...)
}

// check names the operators and policy variables that are not evaluated here.
func (c Conditions) check() (problems []error) {
	for operator, keys := range c {
		for key, values := range keys {
			if _, err := parseOperator(operator); err != nil {
				problems = append(problems, err)
			}
			for _, value := range values {
				if rest := variable.ReplaceAllString(value, ""); strings.Contains(rest, "${") || rest != value && !strings.HasSuffix(operator, "StringEquals") {
					problems = append(problems, fmt.Errorf("condition %s: got %q, expected no policy variables but ${key}, with StringEquals: others are not evaluated here", key, value))
				}
			}
		}
	}
	return problems
}
