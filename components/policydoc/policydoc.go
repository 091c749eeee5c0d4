// Package policydoc writes IAM policy documents from typed statements, so that a reader sees at a glance who
// may do what on which resource.
package policydoc

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Effect says whether a statement allows or denies.
type Effect string

// The two effects of IAM.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Statement is one statement of a policy. A wildcard in Actions or Resources needs a comment at its place that
// says why nothing narrower does.
type Statement struct {
	Sid        string
	Effect     Effect               // Allow when empty
	Services   []string             // principals such as "rds.amazonaws.com"
	Accounts   []pulumi.StringInput // principals such as an account's root ARN
	Anyone     bool                 // principal "*": only beside a Deny, or narrowed by Conditions
	Actions    []string
	NotActions []string
	Resources  []pulumi.StringInput
	Conditions Conditions
}

// Conditions maps an operator ("StringEquals") to keys ("aws:SourceAccount") to the accepted values.
type Conditions map[string]map[string][]pulumi.StringInput

// Document gives the policy's JSON. It is secret if any part of it is.
func Document(statements ...Statement) pulumi.StringOutput {
	list := make(pulumi.Array, 0, len(statements))
	for _, s := range statements {
		list = append(list, s.toMap())
	}
	return pulumi.JSONMarshal(pulumi.Map{
		"Version":   pulumi.String("2012-10-17"),
		"Statement": list,
	})
}

// AssumeRole is the trust policy that lets AWS services take a role. With conditions it is narrowed further.
func AssumeRole(conditions Conditions, services ...string) pulumi.StringOutput {
	return Document(Statement{Services: services, Actions: []string{"sts:AssumeRole"}, Conditions: conditions})
}

func (s Statement) toMap() pulumi.Map {
	effect := s.Effect
	if effect == "" {
		effect = Allow
	}
	m := pulumi.Map{"Effect": pulumi.String(effect)}
	if s.Sid != "" {
		m["Sid"] = pulumi.String(s.Sid)
	}
	if principal := s.principal(); principal != nil {
		m["Principal"] = principal
	}
	if len(s.Actions) > 0 {
		m["Action"] = pulumi.ToStringArray(s.Actions)
	}
	if len(s.NotActions) > 0 {
		m["NotAction"] = pulumi.ToStringArray(s.NotActions)
	}
	if len(s.Resources) > 0 {
		m["Resource"] = pulumi.StringArray(s.Resources)
	}
	if len(s.Conditions) > 0 {
		m["Condition"] = s.Conditions.toMap()
	}
	return m
}

func (s Statement) principal() pulumi.Input {
	if s.Anyone {
		return pulumi.String("*")
	}
	m := pulumi.Map{}
	if len(s.Services) > 0 {
		m["Service"] = pulumi.ToStringArray(s.Services)
	}
	if len(s.Accounts) > 0 {
		m["AWS"] = pulumi.StringArray(s.Accounts)
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

func (c Conditions) toMap() pulumi.Map {
	operators := pulumi.Map{}
	for operator, keys := range c {
		values := pulumi.Map{}
		for key, accepted := range keys {
			values[key] = pulumi.StringArray(accepted)
		}
		operators[operator] = values
	}
	return operators
}
