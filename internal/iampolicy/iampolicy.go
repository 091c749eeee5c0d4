// Package iampolicy evaluates policies of resources for the AWS services that use them, as IAM does: a denial wins, and what
// nothing allows is denied. It knows the elements that this repository's policies have, and refuses every other one.
//
// Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
package iampolicy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Call is a request that an AWS service makes in its own name.
type Call struct {
	Service string // the principal: "cloudtrail.amazonaws.com"
	Action  string // "kms:Decrypt"
	// Context holds the condition keys that the service sends, each with its value.
	Context map[string]string
}

// Policy is a resource's policy.
type Policy struct{ statements []statement }

type statement struct {
	Sid       string
	Effect    string
	Principal principal
	Action    list
	Resource  list
	Condition map[string]map[string]list
}

// list is one text or several: policies write both.
type list []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *list) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// principal is whom a statement is about.
type principal struct {
	anyone   bool
	services list
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *principal) UnmarshalJSON(raw []byte) error {
	var all string
	if json.Unmarshal(raw, &all) == nil {
		p.anyone = all == "*"
		return nil
	}
	var named struct{ Service, AWS, Federated list }
	if err := strict(raw, &named); err != nil {
		return fmt.Errorf("principal: %w", err)
	}
	// An account or a role is no service. "AWS": "*" is everybody, services among them.
	p.anyone, p.services = slices.Contains(named.AWS, "*"), named.Service
	return nil
}

// Parse reads a policy. Resource must be "*" in all statements, which in the policy of a key means the key.
func Parse(text string) (*Policy, error) {
	var document struct {
		Version, ID string
		Statement   []statement
	}
	if err := strict([]byte(text), &document); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	for i, s := range document.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" {
			return nil, fmt.Errorf("policy: statement %d (%s): effect: got %q, expected Allow or Deny", i, s.Sid, s.Effect)
		}
		if !slices.Equal(s.Resource, list{"*"}) {
			return nil, fmt.Errorf(`policy: statement %d (%s): resource: got %q, expected "*"`, i, s.Sid, []string(s.Resource))
		}
		for operator := range s.Condition {
			if _, known := operators[operator]; !known {
				return nil, fmt.Errorf("policy: statement %d (%s): condition operator %s is not one that is evaluated", i, s.Sid, operator)
			}
		}
	}
	return &Policy{document.Statement}, nil
}

// strict decodes a document that has nothing but the fields asked for.
func strict(raw []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(target)
}

// Allows evaluates a call.
func (p *Policy) Allows(c Call) bool {
	allowed := false
	for _, s := range p.statements {
		if !s.covers(c) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s statement) covers(c Call) bool {
	if !s.Principal.anyone && !slices.Contains(s.Principal.services, c.Service) {
		return false
	}
	if !slices.ContainsFunc(s.Action, func(pattern string) bool { return like(strings.ToLower(pattern), strings.ToLower(c.Action)) }) {
		return false
	}
	for operator, keys := range s.Condition {
		for key, patterns := range keys {
			value, sent := c.Context[key]
			if !operators[operator](value, sent, patterns) {
				return false
			}
		}
	}
	return true
}

// operators are the condition operators by name. A key that the call does not carry fails all but the negated ones.
var operators = map[string]func(value string, sent bool, patterns []string) bool{
	"StringEquals":    equal,
	"StringNotEquals": func(value string, sent bool, patterns []string) bool { return !equal(value, sent, patterns) },
	"StringLike":      alike,
	"ArnEquals":       alike, // the two behave identically
	"ArnLike":         alike,
	"Null": func(_ string, sent bool, patterns []string) bool {
		return slices.Contains(patterns, "true") != sent
	},
}

func equal(value string, sent bool, patterns []string) bool {
	return sent && slices.Contains(patterns, value)
}

func alike(value string, sent bool, patterns []string) bool {
	return sent && slices.ContainsFunc(patterns, func(pattern string) bool { return like(pattern, value) })
}

func like(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^(?s:" + expression + ")$").MatchString(text)
}
