package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// closeBucket shuts the public out and leaves the bucket's policy as the one way in: no access lists.
func (b *builder) closeBucket(bucket *s3.BucketV2) error {
	_, err := s3.NewBucketPublicAccessBlock(b.ctx, b.name+"-trail", &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.Bucket,
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("block public access to trail's bucket: %w", err)
	}
	_, err = s3.NewBucketOwnershipControls(b.ctx, b.name+"-trail", &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.Bucket,
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("own what is in trail's bucket: %w", err)
	}
	return nil
}

// noncurrentDays is how long an overwritten or deleted record can be had back.
const noncurrentDays = 30

// keepBucket encrypts what is in the bucket, keeps overwritten versions and ends both in time.
func (b *builder) keepBucket(bucket *s3.BucketV2) error {
	_, err := s3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, b.name+"-trail", &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			BucketKeyEnabled: pulumi.Bool(true), // one call to KMS for many records
			ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm:   pulumi.String("aws:kms"),
				KmsMasterKeyId: b.args.StorageKeyARN.ToStringOutput().ToStringPtrOutput(),
			},
		}},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("encrypt trail's bucket: %w", err)
	}
	versioning, err := s3.NewBucketVersioningV2(b.ctx, b.name+"-trail", &s3.BucketVersioningV2Args{
		Bucket:                  bucket.Bucket,
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("version trail's bucket: %w", err)
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(b.ctx, b.name+"-trail", &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{&s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:                          pulumi.String("expire"),
			Status:                      pulumi.String("Enabled"),
			Filter:                      &s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")}, // everything
			Expiration:                  &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(b.args.TrailRetentionDays)},
			NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{NoncurrentDays: pulumi.Int(noncurrentDays)},
		}},
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{versioning}))
	if err != nil {
		return fmt.Errorf("end what is in trail's bucket: %w", err)
	}
	return nil
}

// bucketPolicy lets this one trail write, to its account's folder, and refuses everybody who does not use TLS.
func (b *builder) bucketPolicy(bucket pulumi.StringOutput) pulumi.StringOutput {
	trail := policydoc.Conditions{"StringEquals": {"aws:SourceArn": {pulumi.String(b.trailARN())}}}
	everything := pulumi.Sprintf("%s/*", bucket)
	return policydoc.Document(
		policydoc.Statement{
			Sid: "TrailLooks", Services: []string{"cloudtrail.amazonaws.com"}, Actions: []string{"s3:GetBucketAcl"},
			Resources: []pulumi.StringInput{bucket}, Conditions: trail,
		},
		policydoc.Statement{
			Sid: "TrailWrites", Services: []string{"cloudtrail.amazonaws.com"}, Actions: []string{"s3:PutObject"},
			Resources: []pulumi.StringInput{pulumi.Sprintf("%s/AWSLogs/%s/*", bucket, b.args.AccountID)}, Conditions: trail,
		},
		policydoc.Statement{
			Sid: "OnlyTLS", Effect: policydoc.Deny, Anyone: true, Actions: []string{"s3:*"}, // whatever it is
			Resources:  []pulumi.StringInput{bucket, everything},
			Conditions: policydoc.Conditions{"Bool": {"aws:SecureTransport": {pulumi.String("false")}}},
		},
	)
}
