// Package loggroup makes CloudWatch log groups the one way this platform has them: encrypted with a key of our
// own and kept for a stated time, never indefinitely.
package loggroup

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DefaultRetentionDays is how long logs are kept where nothing else is said.
const DefaultRetentionDays = 90

// Args says what a log group holds.
type Args struct {
	// Name is the physical name where AWS dictates it ("/aws/rds/instance/..."); generated when empty.
	Name string
	// RetentionDays is one of the numbers that awsvalue.CheckLogRetention accepts.
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
