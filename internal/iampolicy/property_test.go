package iampolicy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/iampolicy"
)

// The few names that generated policies and requests are made of, so that they meet often.
var (
	actions    = []string{"s3:GetObject", "s3:PutObject", "s3:*", "*", "s3:Get*"}
	resources  = []string{object, "arn:aws:s3:::bucket/*", "arn:aws:s3:::other/*", "*"}
	principals = []string{`"*"`, `{"AWS": "` + role + `"}`, `{"AWS": "` + session + `"}`, `{"AWS": "arn:aws:iam::123456789012:root"}`, `{"Service": "s3.amazonaws.com"}`}
	conditions = []string{`{}`, `{"StringEquals": {"aws:PrincipalTag/team": "red"}}`, `{"StringNotEquals": {"aws:PrincipalTag/team": "red"}}`, `{"Null": {"aws:PrincipalTag/team": "true"}}`}
)

// document draws a policy of up to three statements; a resource's policy names principals.
func document(t *rapid.T, label string, ofResource bool, effects ...string) iampolicy.Document {
	list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		principal := ""
		if ofResource {
			principal = `"Principal": ` + rapid.SampledFrom(principals).Draw(t, "principal") + `, `
		}
		return fmt.Sprintf(`{%s"Effect": %q, "Action": %q, "Resource": %q, "Condition": %s}`, principal, rapid.SampledFrom(effects).Draw(t, "effect"),
			rapid.SampledFrom(actions).Draw(t, "action"), rapid.SampledFrom(resources).Draw(t, "resource"), rapid.SampledFrom(conditions).Draw(t, "condition"))
	}), 0, 3).Draw(t, label)
	d, err := iampolicy.Parse(`{"Version": "2012-10-17", "Statement": [` + strings.Join(list, ",") + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// anything draws a request and all that applies to it.
func anything(t *rapid.T) (r iampolicy.Request, p iampolicy.Policies) {
	both := []string{iampolicy.Allow, iampolicy.Deny}
	r = iampolicy.Request{Caller: worker, Action: rapid.SampledFrom(actions[:2]).Draw(t, "asked"), Resource: object, Context: iampolicy.Context{}}
	if rapid.Bool().Draw(t, "tagged") {
		r.Context = r.Context.With("aws:PrincipalTag/team", rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "team"))
	}
	p.Identity = []iampolicy.Document{document(t, "identity", false, both...), document(t, "another", false, both...)}
	p.Resource = []iampolicy.Document{document(t, "policy of the resource", true, both...)}
	if rapid.Bool().Draw(t, "bounded") {
		p.Boundary = []iampolicy.Document{document(t, "boundary", false, both...)}
	}
	if rapid.Bool().Draw(t, "with a session policy") {
		p.Session = []iampolicy.Document{document(t, "session policy", false, both...)}
	}
	p.ResourceDecides = rapid.Bool().Draw(t, "decides")
	p.ResourceAccount = rapid.SampledFrom([]string{"", "123456789012", "999999999999"}).Draw(t, "account")
	return r, p
}

func allows(t *rapid.T, r iampolicy.Request, p iampolicy.Policies) bool {
	d, err := iampolicy.Evaluate(r, p)
	if err != nil {
		t.Fatal(err)
	}
	if d.Allowed != (d.Why == "") || d.Allowed && d.By == "" {
		t.Fatalf("got %+v, expected a statement where it is allowed and a reason where it is not", d)
	}
	return d.Allowed
}

// Wherever it stands, a denial wins.
func TestADenialAlwaysWins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, p := anything(t)
		denial, err := iampolicy.Parse(`{"Statement": [{"Sid": "Never", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		for name, place := range map[string]*[]iampolicy.Document{"identity": &p.Identity, "resource": &p.Resource, "boundary": &p.Boundary, "session": &p.Session} {
			before := *place
			*place = append(slices.Clone(before), denial)
			if allows(t, r, p) {
				t.Fatalf("a denial by the %s did not win", name)
			}
			*place = before
		}
	})
}

// One more allowance, of a policy that is there, takes nothing away.
func TestAnAllowanceTakesNothingAway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, p := anything(t)
		before := allows(t, r, p)
		places := []*[]iampolicy.Document{&p.Identity, &p.Resource}
		for _, place := range []*[]iampolicy.Document{&p.Boundary, &p.Session} {
			if *place != nil {
				places = append(places, place)
			}
		}
		place := rapid.SampledFrom(places).Draw(t, "where")
		*place = append(slices.Clone(*place), document(t, "more", place == &p.Resource, iampolicy.Allow))
		if before && !allows(t, r, p) {
			t.Fatal("it was allowed before")
		}
	})
}

// A boundary, a session policy and a level of the organisation give nothing.
func TestABoundGivesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, p := anything(t)
		p.Boundary, p.Session = nil, nil
		before := allows(t, r, p)
		bound := []iampolicy.Document{document(t, "bound", false, iampolicy.Allow, iampolicy.Deny)}
		for name, more := range map[string]func(*iampolicy.Policies){
			"boundary":       func(p *iampolicy.Policies) { p.Boundary = bound },
			"session policy": func(p *iampolicy.Policies) { p.Session = bound },
			"organisation":   func(p *iampolicy.Policies) { p.ServiceControl = [][]iampolicy.Document{bound} },
		} {
			within := p
			if more(&within); !before && allows(t, r, within) {
				t.Fatalf("the %s gave what nothing else does", name)
			}
		}
	})
}

// In which order policies and statements stand says nothing.
func TestTheOrderSaysNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, p := anything(t)
		before := allows(t, r, p)
		slices.Reverse(p.Identity)
		for _, list := range [][]iampolicy.Document{p.Identity, p.Boundary, p.Session, p.Resource} {
			for _, d := range list {
				slices.Reverse(d.Statement)
			}
		}
		if allows(t, r, p) != before {
			t.Fatalf("got another decision than %t", before)
		}
	})
}
