package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/bucket"
	"github.com/genericcorp/platform/components/policydoc"
)

// makeTrail makes the record of every call to AWS in every region of the account, which shows if it was altered.
func (b *builder) makeTrail() error {
	bucketName, err := b.makeBucket()
	if err != nil {
		return err
	}
	args := &cloudtrail.TrailArgs{
		Name:                       pulumi.String(b.physical), // the bucket's policy names it
		S3BucketName:               bucketName,
		KmsKeyId:                   b.args.TrailKeyARN.ToStringOutput().ToStringPtrOutput(),
		IsMultiRegionTrail:         pulumi.Bool(true),
		IncludeGlobalServiceEvents: pulumi.Bool(true),
		EnableLogFileValidation:    pulumi.Bool(true),
		EnableLogging:              pulumi.Bool(true),
	}
	if err := b.sendToLogs(args); err != nil {
		return err
	}
	trail, err := cloudtrail.NewTrail(b.ctx, b.name+"-trail", args, pulumi.Parent(b.parent), pulumi.Protect(*b.args.DeletionProtection))
	if err != nil {
		return fmt.Errorf("create trail: %w", err)
	}
	b.parent.TrailARN = trail.Arn
	return nil
}

// trailARN is the trail's ARN before the trail exists.
func (b *builder) trailARN() string {
	return fmt.Sprintf("arn:aws:cloudtrail:%s:%s:trail/%s", b.args.Region, b.args.AccountID, b.physical)
}

// makeBucket makes the trail's bucket, which this one trail may write to, in its account's folder. It gives the bucket's name.
func (b *builder) makeBucket() (pulumi.StringOutput, error) {
	trail := policydoc.Conditions{"StringEquals": {"aws:SourceArn": {pulumi.String(b.trailARN())}}}
	return bucket.New(b.ctx, b.name+"-trail", &bucket.Args{
		KeyARN: b.args.TrailKeyARN, NoncurrentDays: 30, ExpireDays: b.args.TrailRetentionDays, DeletionProtection: b.args.DeletionProtection,
		Statements: func(bucketARN pulumi.StringInput) []policydoc.Statement {
			return []policydoc.Statement{
				{
					Sid: "TrailLooks", Services: []string{"cloudtrail.amazonaws.com"}, Actions: []string{"s3:GetBucketAcl"},
					Resources: []pulumi.StringInput{bucketARN}, Conditions: trail,
				},
				{
					Sid: "TrailWrites", Services: []string{"cloudtrail.amazonaws.com"}, Actions: []string{"s3:PutObject"},
					Resources: []pulumi.StringInput{pulumi.Sprintf("%s/AWSLogs/%s/*", bucketARN, b.args.AccountID)}, Conditions: trail,
				},
			}
		},
	}, pulumi.Parent(b.parent))
}
