package iampolicy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/iampolicy"
)

const trail = `{"Version": "2012-10-17", "Id": "of a key", "Statement": [
	{"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"},
	{"Sid": "Trails", "Effect": "Allow", "Principal": {"Service": ["cloudtrail.amazonaws.com"]},
	 "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": ["*"],
	 "Condition": {"ArnLike": {"aws:SourceArn": ["arn:aws:cloudtrail:*:123456789012:trail/*"]}}},
	{"Sid": "NotElsewhere", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
	 "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}]}`

func TestWhatAKeyAllowsAService(t *testing.T) {
	t.Parallel()
	policy, err := iampolicy.Parse(trail)
	require.NoError(t, err)
	const service, arn = "cloudtrail.amazonaws.com", "arn:aws:cloudtrail:us-east-1:123456789012:trail/a"
	for name, c := range map[string]struct {
		call    iampolicy.Call
		allowed bool
	}{
		"allowed":           {iampolicy.Call{Service: service, Action: "kms:GenerateDataKeyWithoutPlaintext", Context: map[string]string{"aws:SourceArn": arn}}, true},
		"case of an action": {iampolicy.Call{Service: service, Action: "KMS:describekey", Context: map[string]string{"aws:SourceArn": arn}}, true},
		"other action":      {iampolicy.Call{Service: service, Action: "kms:Decrypt", Context: map[string]string{"aws:SourceArn": arn}}, false},
		"other service":     {iampolicy.Call{Service: "logs.us-east-1.amazonaws.com", Action: "kms:DescribeKey", Context: map[string]string{"aws:SourceArn": arn}}, false},
		"other account":     {iampolicy.Call{Service: service, Action: "kms:DescribeKey", Context: map[string]string{"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:999999999999:trail/a"}}, false},
		"without the key":   {iampolicy.Call{Service: service, Action: "kms:DescribeKey", Context: nil}, false},
		"a denial wins":     {iampolicy.Call{Service: service, Action: "kms:DescribeKey", Context: map[string]string{"aws:SourceArn": arn, "aws:SourceAccount": "999999999999"}}, false},
	} {
		require.Equal(t, c.allowed, policy.Allows(c.call), name)
	}
}

func TestOperators(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string][3]bool{ // for the values a, b and none
		`"StringEquals": {"k": ["a", "c"]}`: {true, false, false},
		`"StringNotEquals": {"k": "a"}`:     {false, true, true},
		`"StringLike": {"k": "?"}`:          {true, true, false},
		`"ArnEquals": {"k": "a*"}`:          {true, false, false},
		`"Null": {"k": "false"}`:            {true, true, false},
		`"Null": {"k": "true"}`:             {false, false, true},
	} {
		policy, err := iampolicy.Parse(`{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {` + condition + `}}]}`)
		require.NoError(t, err, condition)
		got := [3]bool{}
		for i, context := range []map[string]string{{"k": "a"}, {"k": "b"}, nil} {
			got[i] = policy.Allows(iampolicy.Call{Service: "s", Action: "kms:Decrypt", Context: context})
		}
		require.Equal(t, want, got, condition)
	}
}

func TestWhatIsNotEvaluatedIsRefused(t *testing.T) {
	t.Parallel()
	for text, message := range map[string]string{
		`{`: "unexpected EOF",
		`{"Statement": [{"Effect": "Maybe", "Resource": "*"}]}`:                                                   `effect: got "Maybe", expected Allow or Deny`,
		`{"Statement": [{"Effect": "Allow", "Resource": "arn:aws:s3:::a"}]}`:                                      `resource: got ["arn:aws:s3:::a"], expected "*"`,
		`{"Statement": [{"Effect": "Allow", "Resource": "*", "NotAction": "kms:*"}]}`:                             `unknown field "NotAction"`,
		`{"Statement": [{"Effect": "Allow", "Resource": "*", "Principal": {"CanonicalUser": "a"}}]}`:              `unknown field "CanonicalUser"`,
		`{"Statement": [{"Sid": "S", "Effect": "Allow", "Resource": "*", "Condition": {"Bool": {"a": "true"}}}]}`: "statement 0 (S): condition operator Bool is not one that is evaluated",
	} {
		_, err := iampolicy.Parse(text)
		require.ErrorContains(t, err, message, text)
	}
}
