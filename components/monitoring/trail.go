package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// makeTrail makes the record of every call to AWS in every region of the account, which shows if it was altered.
func (b *builder) makeTrail() error {
	bucket, policy, err := b.makeBucket()
	if err != nil {
		return err
	}
	args := &cloudtrail.TrailArgs{
		Name:                       pulumi.String(b.physical), // the bucket's policy names it
		S3BucketName:               bucket.Bucket,
		KmsKeyId:                   b.args.StorageKeyARN.ToStringOutput().ToStringPtrOutput(),
		IsMultiRegionTrail:         pulumi.Bool(true),
		IncludeGlobalServiceEvents: pulumi.Bool(true),
		EnableLogFileValidation:    pulumi.Bool(true),
		EnableLogging:              pulumi.Bool(true),
	}
	if err := b.sendToLogs(args); err != nil {
		return err
	}
	trail, err := cloudtrail.NewTrail(b.ctx, b.name+"-trail", args, pulumi.Parent(b.parent),
		pulumi.DependsOn([]pulumi.Resource{policy}), pulumi.Protect(!b.args.Disposable))
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

// makeBucket makes the trail's bucket and gives it with the policy that lets the trail in.
func (b *builder) makeBucket() (*s3.BucketV2, *s3.BucketPolicy, error) {
	bucket, err := s3.NewBucketV2(b.ctx, b.name+"-trail", &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(b.args.Disposable),
	}, pulumi.Parent(b.parent), pulumi.Protect(!b.args.Disposable))
	if err != nil {
		return nil, nil, fmt.Errorf("create bucket of trail: %w", err)
	}
	if err := b.closeBucket(bucket); err != nil {
		return nil, nil, err
	}
	if err := b.keepBucket(bucket); err != nil {
		return nil, nil, err
	}
	policy, err := s3.NewBucketPolicy(b.ctx, b.name+"-trail", &s3.BucketPolicyArgs{
		Bucket: bucket.Bucket,
		Policy: b.bucketPolicy(bucket.Arn),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, nil, fmt.Errorf("create policy of trail's bucket: %w", err)
	}
	return bucket, policy, nil
}
