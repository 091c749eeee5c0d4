package edge

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/bucket"
	"github.com/genericcorp/platform/components/policydoc"
)

// deletedDays is how long an access log that somebody deleted is recoverable.
const deletedDays = 7

// makeLogs makes the bucket of the access log: one line for each TLS connection, with the client's address, the name that it asked for and
// what was agreed on. Requests are in the proxy's log. AWS writes access logs for TLS listeners alone. It gives the bucket's name.
// Source of the policy: Elastic Load Balancing, "Enable access logs for your Network Load Balancer", 2026-11.
func (b *builder) makeLogs() (pulumi.StringOutput, error) {
	conditions := func() policydoc.Conditions {
		return policydoc.Conditions{
			"StringEquals": {"aws:SourceAccount": {pulumi.String(b.args.AccountID)}},
			"ArnLike":      {"aws:SourceArn": {pulumi.String(fmt.Sprintf("arn:aws:logs:%s:%s:*", b.args.Region, b.args.AccountID))}}, // the delivery has no name
		}
	}
	write := conditions()
	write["StringEquals"]["s3:x-amz-acl"] = []pulumi.StringInput{pulumi.String("bucket-owner-full-control")}
	return bucket.New(b.ctx, b.name+"-logs", &bucket.Args{
		KeyARN: b.args.LogKeyARN, NoncurrentDays: deletedDays, ExpireDays: b.args.LogRetentionDays, DeletionProtection: b.args.DeletionProtection,
		Statements: func(bucketARN pulumi.StringInput) []policydoc.Statement {
			return []policydoc.Statement{
				{
					Sid: "DeliveryLooks", Services: []string{"delivery.logs.amazonaws.com"}, Actions: []string{"s3:GetBucketAcl"},
					Resources: []pulumi.StringInput{bucketARN}, Conditions: conditions(),
				},
				{
					Sid: "DeliveryWrites", Services: []string{"delivery.logs.amazonaws.com"}, Actions: []string{"s3:PutObject"},
					Resources: []pulumi.StringInput{pulumi.Sprintf("%s/AWSLogs/%s/*", bucketARN, b.args.AccountID)}, Conditions: write,
				},
			}
		},
	}, pulumi.Parent(b.parent))
}
