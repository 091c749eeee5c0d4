package iampolicy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/iampolicy"
)

const (
	role    = "arn:aws:iam::123456789012:role/worker"
	session = "arn:aws:sts::123456789012:assumed-role/worker/job"
	object  = "arn:aws:s3:::bucket/key"
)

var worker = iampolicy.Caller{Role: role, Session: session}

// policies parses documents that are written as their statements.
func policies(t *testing.T, statements ...string) []iampolicy.Document {
	t.Helper()
	list := []iampolicy.Document{}
	for _, text := range statements {
		d, err := iampolicy.Parse(`{"Version": "2012-10-17", "Statement": ` + text + `}`)
		require.NoError(t, err)
		list = append(list, d)
	}
	return list
}

func decide(t *testing.T, r iampolicy.Request, p iampolicy.Policies) bool {
	t.Helper()
	d, err := iampolicy.Evaluate(r, p)
	require.NoError(t, err)
	return d.Allowed
}

const (
	reads   = `[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]`
	writes  = `[{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]`
	never   = `[{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]`
	nobody  = `[]`
	toRole  = `[{"Effect": "Allow", "Principal": {"AWS": "` + role + `"}, "Action": "s3:GetObject", "Resource": "*"}]`
	toSelf  = `[{"Effect": "Allow", "Principal": {"AWS": "` + session + `"}, "Action": "s3:GetObject", "Resource": "*"}]`
	toRoot  = `[{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "s3:GetObject", "Resource": "*"}]`
	toAll   = `[{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]`
	butMe   = `[{"Effect": "Deny", "NotPrincipal": {"AWS": ["` + role + `", "` + session + `", "arn:aws:iam::123456789012:root"]}, "Action": "s3:GetObject", "Resource": "*"}]`
	butRole = `[{"Effect": "Deny", "NotPrincipal": {"AWS": ["` + role + `", "arn:aws:iam::123456789012:root"]}, "Action": "s3:GetObject", "Resource": "*"}]`
)

// The cases of IAM User Guide, "Policy evaluation logic" with its pages "...for requests within a single account",
// "Cross-account policy evaluation logic", "Evaluating effective permissions with boundaries" and "Session policies":
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
func TestTheOrderOfPolicies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		p    func(*testing.T) iampolicy.Policies
		want bool
	}{
		{"nothing allows: denied", func(*testing.T) iampolicy.Policies { return iampolicy.Policies{} }, false},
		{"allowed by the identity", func(t *testing.T) iampolicy.Policies { return iampolicy.Policies{Identity: policies(t, writes, reads)} }, true},
		{"a denial wins over an allowance", func(t *testing.T) iampolicy.Policies { return iampolicy.Policies{Identity: policies(t, reads, never)} }, false},
		{"the boundary allows, too", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), Boundary: policies(t, reads)}
		}, true},
		{"the boundary does not", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), Boundary: policies(t, writes)}
		}, false},
		{"a boundary gives nothing", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, nobody), Boundary: policies(t, reads)}
		}, false},
		{"a session policy narrows", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), Session: policies(t, nobody)}
		}, false},
		{"each level of the organisation allows", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), ServiceControl: [][]iampolicy.Document{policies(t, reads), policies(t, writes, reads)}}
		}, true},
		{"one level does not", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), ServiceControl: [][]iampolicy.Document{policies(t, reads), policies(t, writes)}}
		}, false},
		{"a service control policy gives nothing", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{ServiceControl: [][]iampolicy.Document{policies(t, reads)}}
		}, false},
		{"a service control policy denies", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), ServiceControl: [][]iampolicy.Document{policies(t, reads, never)}}
		}, false},
		{"within an account the resource's policy is enough", func(t *testing.T) iampolicy.Policies { return iampolicy.Policies{Resource: policies(t, toRole)} }, true},
		{"so is everybody", func(t *testing.T) iampolicy.Policies { return iampolicy.Policies{Resource: policies(t, toAll)} }, true},
		{"the account's root only leaves it to the identity", func(t *testing.T) iampolicy.Policies { return iampolicy.Policies{Resource: policies(t, toRoot)} }, false},
		{"a boundary bounds what a resource gives the role", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Resource: policies(t, toRole), Boundary: policies(t, writes)}
		}, false},
		{"and not what it gives the session", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Resource: policies(t, toSelf), Boundary: policies(t, writes)}
		}, true},
		{"unless the boundary denies", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Resource: policies(t, toSelf), Boundary: policies(t, never)}
		}, false},
		{"the organisation bounds the resource's policy", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Resource: policies(t, toSelf), ServiceControl: [][]iampolicy.Document{policies(t, writes)}}
		}, false},
		{"a denial of all others", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), Resource: policies(t, butMe)}
		}, true},
		{"which must name the session as well", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), Resource: policies(t, butRole)}
		}, false},
		{"a key does not listen to the identity alone", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), Resource: policies(t, nobody), ResourceDecides: true}
		}, false},
		{"unless it leaves it to the account", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), Resource: policies(t, toRoot), ResourceDecides: true}
		}, true},
		{"another account's resource must allow", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), ResourceAccount: "999999999999"}
		}, false},
		{"and the identity as well", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Resource: policies(t, toRole), ResourceAccount: "999999999999"}
		}, false},
		{"both do", func(t *testing.T) iampolicy.Policies {
			return iampolicy.Policies{Identity: policies(t, reads), Resource: policies(t, toRoot), ResourceAccount: "999999999999"}
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, decide(t, iampolicy.Request{Caller: worker, Action: "s3:GetObject", Resource: object}, c.p(t)))
		})
	}
}

// A service in its own name, and a workflow with a token, have no policies: the resource's policy decides.
func TestCallersWithoutPolicies(t *testing.T) {
	t.Parallel()
	const provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
	trust := policies(t, `[{"Effect": "Allow", "Principal": {"Service": "budgets.amazonaws.com"}, "Action": "sts:AssumeRole"},
		{"Effect": "Allow", "Principal": {"Federated": "`+provider+`"}, "Action": "sts:AssumeRoleWithWebIdentity"}]`)
	for _, c := range []struct {
		caller iampolicy.Caller
		action string
		want   bool
	}{
		{iampolicy.Caller{Service: "budgets.amazonaws.com"}, "sts:AssumeRole", true},
		{iampolicy.Caller{Service: "lambda.amazonaws.com"}, "sts:AssumeRole", false},
		{iampolicy.Caller{Federated: provider}, "sts:AssumeRoleWithWebIdentity", true},
		{iampolicy.Caller{Federated: provider}, "sts:AssumeRole", false},
		{iampolicy.Caller{User: "arn:aws:iam::123456789012:user/eve"}, "sts:AssumeRole", false},
	} {
		assert.Equal(t, c.want, decide(t, iampolicy.Request{Caller: c.caller, Action: c.action, Resource: role},
			iampolicy.Policies{Resource: trust, ResourceDecides: true}), "%+v", c)
	}
}

func TestActionsAndResources(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		statement, action, resource string
		want                        bool
	}{
		{`"Action": "S3:getobject", "Resource": "*"`, "s3:GetObject", object, true},
		{`"Action": "s3:Get*", "Resource": "*"`, "s3:GetObject", object, true},
		{`"Action": "s3:GetObjec?", "Resource": "*"`, "s3:GetObject", object, true},
		{`"Action": "s3:*Acl", "Resource": "*"`, "s3:GetObject", object, false},
		{`"Action": "*", "Resource": "*"`, "iam:CreateRole", "*", true},
		{`"NotAction": ["iam:*"], "Resource": "*"`, "iam:CreateRole", role, false},
		{`"NotAction": ["iam:*"], "Resource": "*"`, "s3:GetObject", object, true},
		{`"Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*"`, "s3:GetObject", object, true},
		{`"Action": "s3:*", "Resource": "arn:aws:s3:::Bucket/*"`, "s3:GetObject", object, false},
		{`"Action": "s3:*", "Resource": "arn:aws:s3:::bucket"`, "s3:GetObject", object, false},
		{`"Action": "s3:*", "NotResource": "arn:aws:s3:::bucket/*"`, "s3:GetObject", object, false},
		{`"Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"`, "s3:GetObject", object, true},
		// A wildcard stays between its colons, except in the last part and at the end of one: IAM User Guide, "IAM JSON policy elements:
		// Resource", "Using wildcards in resource ARNs".
		{`"Action": "logs:*", "Resource": "arn:aws:logs:*-1:log-group:g"`, "logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g", false},
		{`"Action": "logs:*", "Resource": "arn:aws:logs:u*1:log-group:g"`, "logs:PutLogEvents", "arn:aws:logs:us-east-1:1:log-group:g", false},
		{`"Action": "logs:*", "Resource": "arn:aws:logs:us-east-1?123456789012:log-group:g"`, "logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g", false},
		{`"Action": "logs:*", "Resource": "arn:aws:logs:*:log-group:g"`, "logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g", true},
		{`"Action": "iam:*", "Resource": "arn:aws:iam::*"`, "iam:CreateRole", role, true},
		{`"Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*/test/*"`, "s3:GetObject", "arn:aws:s3:::bucket/1///test///object.jpg", true},
		{`"Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*/test/*"`, "s3:GetObject", "arn:aws:s3:::bucket/1/test2/object.jpg", false},
		{`"Action": "logs:*", "Resource": "arn:aws:logs:*:*:log-group:*"`, "logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s", true},
		{`"Action": "iam:*", "Resource": "arn:aws:iam::123456789012:role/a-*"`, "iam:PassRole", "arn:aws:iam::123456789012:role/path/a-b", false},
		{`"Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:instance/*"`, "ec2:DescribeInstances", "*", false}, // knows no resource
	} {
		d := policies(t, `[{"Effect": "Allow", `+c.statement+`}]`)
		assert.Equal(t, c.want, decide(t, iampolicy.Request{Action: c.action, Resource: c.resource}, iampolicy.Policies{Identity: d}), "%+v", c)
	}
}

func TestWhatIsNotEvaluatedIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"Statement": [{"Effect": "Maybe", "Action": "a:b", "Resource": "*"}]}`:                                                                            `got "Maybe", expected Allow or Deny`,
		`{"Statement": [{"Effect": "Allow", "Resource": "*"}]}`:                                                                                             `expected either Action or NotAction`,
		`{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*", "NotResource": "*"}]}`:                                                        `not both`,
		`{"Statement": [{"Effect": "Allow", "Actions": "a:b", "Resource": "*"}]}`:                                                                           `unknown field "Actions"`,
		`{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "arn:aws:iam:::user/${aws:username}"}]}`:                                           `of version ""`,
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "a:b", "NotResource": "arn:aws:iam:::user/${aws:username}"}]}`:                `policy variables`,
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "arn:aws:s3:::bucket/${*}"}]}`:                            `policy variables`,
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "a:b", "Resource": "*", "Condition": {"StringNotEquals": {"a:k": "${x}"}}}]}`: `policy variables`,
		`{"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}, "Action": "a:b", "Resource": "*"}]}`:                                   `NotPrincipal with Allow`,
		`{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringLike": {"a:k": "${x}"}}}]}`:                              `policy variables`,
		`{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringEquals": {"a:k": "${x, 'y'}"}}}]}`:                       `policy variables`,
		`{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringMatches": {"a:k": "x"}}}]}`:                              `got "StringMatches"`,
		`{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"NullIfExists": {"a:k": "true"}}}]}`:                            `got "NullIfExists"`,
		`{"Statement": [{"Effect": "Allow", "Action": {"a": "b"}, "Resource": "*"}]}`:                                                                       `expected a text or a list of texts`,
	} {
		_, err := iampolicy.Parse(text)
		assert.ErrorContains(t, err, want, text)
	}
	_, err := iampolicy.Evaluate(iampolicy.Request{Action: "s3:GetObject", Resource: object}, iampolicy.Policies{Resource: policies(t, reads)})
	require.ErrorContains(t, err, "names no principal")
}
