// Package loggroup makes CloudWatch log groups the one way this platform has them: encrypted with a key of our
// own and kept for a stated time, never for ever.
package loggroup

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DefaultRetentionDays is how long logs are kept where nothing else is said.
const DefaultRetentionDays = 90

// RetentionExpected is what to tell a person who gave a retention that ValidRetention refuses.
const RetentionExpected = "a number of days that CloudWatch Logs keeps: " +
	"1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"

// The retentions that PutRetentionPolicy takes, in days.
var retentions = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// ValidRetention says whether CloudWatch Logs can keep logs for that many days.
func ValidRetention(days int) bool { return slices.Contains(retentions, days) }

// Args says what a log group holds.
type Args struct {
	// Name is the physical name where AWS dictates it ("/aws/rds/instance/..."); generated when empty.
	Name string
	// RetentionDays is one of the values that ValidRetention accepts.
	RetentionDays int
	// KeyARN is a KMS key whose policy lets CloudWatch Logs in.
	KeyARN pulumi.StringInput
}

// New makes a log group.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*cloudwatch.LogGroup, error) {
	group := &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(args.RetentionDays),
		KmsKeyId:        args.KeyARN.ToStringOutput().ToStringPtrOutput(),
	}
	if args.Name != "" {
		group.Name = pulumi.String(args.Name)
	}
	return cloudwatch.NewLogGroup(ctx, name, group, opts...)
}
