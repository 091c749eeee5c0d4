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
