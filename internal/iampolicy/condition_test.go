package iampolicy_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/iampolicy"
)

// The cases of IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys":
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
func TestConditions(t *testing.T) {
	t.Parallel()
	none := []string(nil)
	for _, c := range []struct {
		operator, wanted string
		values           []string
		want             bool
	}{
		{"StringEquals", `["a", "b"]`, []string{"b"}, true},
		{"StringEquals", `"a"`, []string{"A"}, false},
		{"StringEquals", `"a*"`, []string{"ab"}, false},
		{"StringEquals", `"a"`, none, false},
		{"StringEqualsIfExists", `"a"`, none, true},
		{"StringEqualsIfExists", `"a"`, []string{"b"}, false},
		{"StringEqualsIgnoreCase", `"a"`, []string{"A"}, true},
		{"StringNotEquals", `["a", "b"]`, []string{"b"}, false}, // of several values none may be the request's
		{"StringNotEquals", `["a", "b"]`, []string{"c"}, true},
		{"StringNotEquals", `"a"`, none, true}, // true without the key
		{"StringNotEqualsIfExists", `"a"`, none, true},
		{"StringLike", `"a?c*"`, []string{"abcd"}, true},
		{"StringLike", `"a?c*"`, []string{"ac"}, false},
		{"StringLike", `"*"`, none, false}, // asks for the key
		{"StringNotLike", `"a*"`, []string{"abc"}, false},
		{"StringNotLike", `"a*"`, none, true},
		{"Bool", `"true"`, []string{"true"}, true},
		{"Bool", `true`, []string{"false"}, false},
		{"Bool", `"false"`, none, false},
		{"BoolIfExists", `"false"`, none, true},
		{"NumericLessThan", `"30"`, []string{"7"}, true},
		{"NumericLessThan", `30`, []string{"30"}, false},
		{"NumericLessThan", `"30"`, none, false},
		{"NumericLessThanIfExists", `"30"`, none, true},
		{"NumericLessThanEquals", `"30"`, []string{"30"}, true},
		{"NumericGreaterThan", `"30"`, []string{"30"}, false},
		{"NumericGreaterThanEquals", `"30"`, []string{"30.0"}, true},
		{"NumericEquals", `"30"`, []string{"30.0"}, true},
		{"NumericNotEquals", `"30"`, []string{"7"}, true},
		{"NumericEquals", `"thirty"`, []string{"thirty"}, false},
		{"ArnLike", `"arn:aws:iam::*:policy/a-*"`, []string{"arn:aws:iam::123456789012:policy/a-1"}, true},
		{"ArnLike", `"arn:aws:iam::*"`, []string{"arn:aws:iam::123456789012:policy/a-1"}, false}, // part by part
		{"ArnEquals", `"arn:aws:iam::*:policy/a-*"`, []string{"arn:aws:iam::123456789012:policy/a-1"}, true},
		{"ArnNotLike", `"arn:aws:iam::*:policy/a-*"`, []string{"arn:aws:iam::123456789012:policy/a-1"}, false},
		{"ArnNotEquals", `"arn:aws:iam::*:policy/a-*"`, none, true},
		{"IpAddress", `"10.0.0.0/8"`, []string{"10.1.2.3"}, true},
		{"IpAddress", `"10.1.2.3"`, []string{"10.1.2.3"}, true},
		{"IpAddress", `"10.0.0.0/8"`, []string{"me"}, false},
		{"DateLessThan", `"2026-11-30T08:00:00Z"`, []string{"2026-11-30T07:59:59Z"}, true},
		{"DateLessThan", `"2026-11-30T08:00Z"`, []string{"2026-11-30T08:00:00Z"}, false},
		{"DateLessThan", `"2026-11-30T08:00Z"`, none, false},
		{"DateLessThanEquals", `"2026-11-30T08:00:00Z"`, []string{"2026-11-30T09:00:00+01:00"}, true},
		{"DateGreaterThan", `"2026-11-30"`, []string{"2026-11-30T00:00:01Z"}, true},
		{"DateGreaterThanEquals", `1796000000`, []string{"1795999999"}, false}, // seconds since 1970
		{"DateEquals", `"2026-11-30"`, []string{"today"}, false},
		{"DateNotEquals", `"2026-11-30"`, []string{"2026-11-29T23:59:59Z"}, true},
		{"BinaryEquals", `"QmluYXJ5"`, []string{"QmluYXJ5"}, true},
		{"BinaryEquals", `"QmluYXJ5"`, []string{"Qmlu*"}, false},
		{"NotIpAddress", `"10.0.0.0/8"`, []string{"11.1.2.3"}, true},
		{"Null", `"true"`, none, true},
		{"Null", `"true"`, []string{"a"}, false},
		{"Null", `"false"`, []string{"a"}, true},
		{"Null", `false`, none, false},
		{"ForAnyValue:StringEquals", `["a", "b"]`, []string{"b", "c"}, true},
		{"ForAnyValue:StringEquals", `["a", "b"]`, []string{"c"}, false},
		{"ForAnyValue:StringEquals", `"a"`, none, false}, // false without the key
		{"ForAnyValue:StringLike", `"a*"`, []string{"c", "ab"}, true},
		{"ForAnyValue:StringNotEquals", `"a"`, []string{"a", "b"}, true},
		{"ForAnyValue:StringNotEquals", `"a"`, []string{"a"}, false},
		{"ForAnyValue:StringNotEquals", `"a"`, none, false},
		{"ForAllValues:StringEquals", `["a", "b"]`, []string{"b", "a"}, true},
		{"ForAllValues:StringEquals", `["a", "b"]`, []string{"b", "c"}, false},
		{"ForAllValues:StringEquals", `"a"`, none, true}, // true without the key: AWS warns of it
		{"ForAllValues:StringLike", `"a*"`, []string{"ab", "ac"}, true},
		{"ForAllValues:StringNotEquals", `"a"`, []string{"b", "c"}, true},
		{"ForAllValues:StringNotEquals", `"a"`, []string{"b", "a"}, false},
	} {
		d := policies(t, fmt.Sprintf(`[{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {%q: {"s:Key": %s}}}]`, c.operator, c.wanted))
		r := iampolicy.Request{Action: "a:b", Resource: "*", Context: iampolicy.Context{"S:key": c.values}} // keys know no upper case
		assert.Equal(t, c.want, decide(t, r, iampolicy.Policies{Identity: d}), "%s %s of %v", c.operator, c.wanted, c.values)
	}
}

// All operators and all keys of a statement must be true.
func TestConditionsAreJoined(t *testing.T) {
	t.Parallel()
	d := policies(t, `[{"Effect": "Allow", "Action": "a:b", "Resource": "*",
		"Condition": {"StringEquals": {"s:a": "1", "s:b": "2"}, "StringLike": {"s:c": "3*"}}}]`)
	for _, c := range []struct {
		a, b, c string
		want    bool
	}{{"1", "2", "33", true}, {"x", "2", "33", false}, {"1", "x", "33", false}, {"1", "2", "x", false}} {
		r := iampolicy.Request{Action: "a:b", Resource: "*", Context: iampolicy.Context{"s:a": {c.a}, "s:b": {c.b}, "s:c": {c.c}}}
		assert.Equal(t, c.want, decide(t, r, iampolicy.Policies{Identity: d}), "%+v", c)
	}
}

// The cases of IAM User Guide, "IAM policy elements: Variables and tags", and of EKS's tags of sessions
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html).
func TestPolicyVariables(t *testing.T) {
	t.Parallel()
	d := policies(t, `[{"Effect": "Allow", "Action": "a:b", "Resource": "*",
		"Condition": {"StringEquals": {"aws:ResourceTag/namespace": "${aws:PrincipalTag/kubernetes-namespace}"}}}]`)
	for _, c := range []struct {
		tag, namespace []string
		want           bool
	}{
		{[]string{"tenant-acme"}, []string{"tenant-acme"}, true},
		{[]string{"tenant-acme"}, []string{"tenant-globex"}, false},
		{nil, []string{"tenant-acme"}, false},
		{[]string{"tenant-acme"}, nil, false},
		{nil, nil, false},
		{[]string{""}, nil, false}, // what is not known equals nothing
		{[]string{"tenant-acme"}, []string{"tenant-*"}, false},
		{[]string{"a"}, []string{"a", "b"}, false},
	} {
		r := iampolicy.Request{Action: "a:b", Resource: "*", Context: iampolicy.Context{"aws:ResourceTag/namespace": c.tag, "aws:PrincipalTag/Kubernetes-namespace": c.namespace}}
		assert.Equal(t, c.want, decide(t, r, iampolicy.Policies{Identity: d}), "%v of %v", c.tag, c.namespace)
	}
}

// A variable is text of the request, in a resource, in a pattern and with what it is by default.
func TestWhereVariablesStand(t *testing.T) {
	t.Parallel()
	inResource := `[{"Effect": "Allow", "Action": "a:b", "Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team}/*"}]`
	inPattern := `[{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "home/${aws:PrincipalTag/team}/*"}}}]`
	withDefault := `[{"Effect": "Allow", "Action": "a:b", "Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team, 'company'}/*"}]`
	for _, c := range []struct {
		statement, resource string
		team                []string
		want                bool
	}{
		{inResource, "arn:aws:s3:::home/red/x", []string{"red"}, true},
		{inResource, "arn:aws:s3:::home/blue/x", []string{"red"}, false},
		{inResource, "arn:aws:s3:::home/red/x", nil, false},
		{inPattern, "*", []string{"red"}, true},
		{inPattern, "*", []string{"blue"}, false},
		{withDefault, "arn:aws:s3:::home/company/x", nil, true},
		{withDefault, "arn:aws:s3:::home/company/x", []string{"red"}, false},
	} {
		r := iampolicy.Request{Action: "a:b", Resource: c.resource, Context: iampolicy.Context{"s3:prefix": {"home/red/x"}, "aws:PrincipalTag/team": c.team}}
		assert.Equal(t, c.want, decide(t, r, iampolicy.Policies{Identity: policies(t, c.statement)}), "%s of %s by %v", c.statement, c.resource, c.team)
	}
	for _, statement := range []string{inResource, inPattern} { // or whoever tags himself "*" would be in every team
		r := iampolicy.Request{Action: "a:b", Resource: "arn:aws:s3:::home/red/x", Context: iampolicy.Context{"s3:prefix": {"home/red/x"}, "aws:PrincipalTag/team": {"*"}}}
		_, err := iampolicy.Evaluate(r, iampolicy.Policies{Identity: policies(t, statement)})
		require.ErrorContains(t, err, `got "*", expected a value without wildcards`)
	}
}

// Whoever does not know what a call carries cannot say what it may.
func TestKeysOfWhichNothingIsKnown(t *testing.T) {
	t.Parallel()
	asks := policies(t, `[{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringEquals": {"s:known": "1"}, "StringNotEquals": {"s:secret": "1"}}}]`)
	r := iampolicy.Request{Action: "a:b", Resource: "*", Knows: func(key string) bool { return key == "s:known" }}
	require.False(t, decide(t, r, iampolicy.Policies{Identity: asks}), "one condition is false, whatever the other is")
	r.Context = iampolicy.Context{"s:known": {"1"}}
	_, err := iampolicy.Evaluate(r, iampolicy.Policies{Identity: asks})
	require.ErrorContains(t, err, `got "s:secret", of which it is not known here whether a:b carries it`)
	require.False(t, decide(t, r, iampolicy.Policies{Identity: append(asks, policies(t, `[{"Effect": "Deny", "Action": "a:*", "Resource": "*"}]`)...)}), "a denial wins")
	r.Context = r.Context.With("s:secret", "2")
	require.True(t, decide(t, r, iampolicy.Policies{Identity: asks}))
}
