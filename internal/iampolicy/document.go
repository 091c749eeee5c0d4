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
	Name      string      `json:"-"` // what decisions call it, such as "inline policy provisioner"; may be empty
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
		if err := s.check(d.Version); err != nil {
			problems = append(problems, fmt.Errorf("policy: statement %d (%s): %w", i, s.Sid, err))
		}
	}
	return d, errors.Join(problems...)
}

func (s Statement) check(version string) error {
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
	if s.Principal != nil && s.NotPrincipal != nil {
		problems = append(problems, errors.New("expected Principal or NotPrincipal, not both"))
	}
	if s.NotPrincipal != nil && s.Effect == Allow {
		problems = append(problems, errors.New("got NotPrincipal with Allow, which lets in whoever is not named and is not evaluated here"))
	}
	for _, value := range s.Resource {
		problems = append(problems, checkVariables("resource", value, version, true)...)
	}
	for _, value := range s.NotResource {
		problems = append(problems, checkVariables("resource", value, version, false)...)
	}
	return errors.Join(append(problems, s.Condition.check(version)...)...)
}

// check names the operators and policy variables that are not evaluated here.
func (c Conditions) check(version string) (problems []error) {
	for text, keys := range c {
		o, err := parseOperator(text)
		if err != nil {
			problems = append(problems, err)
		}
		texts := strings.HasPrefix(o.base, "String") || strings.HasPrefix(o.base, "Arn")
		for key, values := range keys {
			for _, value := range values {
				problems = append(problems, checkVariables("condition "+key, value, version, texts && !o.negated)...)
			}
		}
	}
	return problems
}

// withVariables is the version of policies that have variables; in an older one they are plain text.
const withVariables = "2012-10-17"

// checkVariables refuses what is not evaluated here: a variable where what is missing would make a statement apply, escaped wildcards, and
// policies of a version without variables.
func checkVariables(where, value, version string, may bool) []error {
	rest := variable.ReplaceAllString(value, "")
	switch {
	case rest == value && !strings.Contains(value, "${"):
		return nil
	case strings.Contains(rest, "${") || !may || version != withVariables:
		return []error{fmt.Errorf("%s: got %q in a policy of version %q, expected no policy variables but ${key} and ${key, 'default'}, in version %s, in Resource and in "+
			"operators on texts and ARNs that are not negated: others are not evaluated here", where, value, version, withVariables)}
	}
	return nil
}
