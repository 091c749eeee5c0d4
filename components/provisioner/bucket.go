package provisioner

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

const (
	// noncurrentDays is how long an overwritten or deleted archive can be had back.
	noncurrentDays = 90
	// coldDays is when an archive is old enough to be kept where storage is cheap and reading costs.
	coldDays = 30
	// abortDays ends uploads that nobody finishes.
	abortDays = 1
)

// makeBucket makes the private, versioned, encrypted bucket of archives. Archives are never removed by age: they may be
// the last that there is of a tenant.
func (b *builder) makeBucket() error {
	name := b.name + "-archives"
	bucket, err := s3.NewBucketV2(b.ctx, name, &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(b.args.Disposable),
	}, pulumi.Parent(b.parent), pulumi.Protect(!b.args.Disposable))
	if err != nil {
		return fmt.Errorf("create bucket of archives: %w", err)
	}
	parent := pulumi.Parent(b.parent)
	_, err = s3.NewBucketPublicAccessBlock(b.ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket: bucket.Bucket, BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	}, parent)
	if err != nil {
		return fmt.Errorf("block public access to archives: %w", err)
	}
	_, err = s3.NewBucketOwnershipControls(b.ctx, name, &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.Bucket,
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, parent)
	if err != nil {
		return fmt.Errorf("own what is in the bucket of archives: %w", err)
	}
	_, err = s3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, name, &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			BucketKeyEnabled: pulumi.Bool(true),
			ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm:   pulumi.String("aws:kms"),
				KmsMasterKeyId: b.args.StorageKeyARN.ToStringOutput().ToStringPtrOutput(),
			},
		}},
	}, parent)
	if err != nil {
		return fmt.Errorf("encrypt archives: %w", err)
	}
	if err := b.keepVersions(name, bucket); err != nil {
		return err
	}
	policy, err := s3.NewBucketPolicy(b.ctx, name, &s3.BucketPolicyArgs{
		Bucket: bucket.Bucket,
		Policy: policydoc.Document(policydoc.Statement{
			Sid: "OnlyTLS", Effect: policydoc.Deny, Anyone: true, Actions: []string{"s3:*"}, // whatever it is
			Resources:  []pulumi.StringInput{bucket.Arn, pulumi.Sprintf("%s/*", bucket.Arn)},
			Conditions: policydoc.Conditions{"Bool": {"aws:SecureTransport": {pulumi.String("false")}}},
		}),
	}, parent)
	if err != nil {
		return fmt.Errorf("create policy of the bucket of archives: %w", err)
	}
	b.parent.ArchiveBucket = policy.Bucket
	return nil
}

// keepVersions keeps overwritten archives for a time and moves old ones to cheap storage.
func (b *builder) keepVersions(name string, bucket *s3.BucketV2) error {
	versioning, err := s3.NewBucketVersioningV2(b.ctx, name, &s3.BucketVersioningV2Args{
		Bucket:                  bucket.Bucket,
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("version archives: %w", err)
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(b.ctx, name, &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{&s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:     pulumi.String("keep"),
			Status: pulumi.String("Enabled"),
			Filter: &s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")}, // everything
			Transitions: s3.BucketLifecycleConfigurationV2RuleTransitionArray{&s3.BucketLifecycleConfigurationV2RuleTransitionArgs{
				Days: pulumi.Int(coldDays), StorageClass: pulumi.String("STANDARD_IA"),
			}},
			NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(noncurrentDays),
			},
			AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(abortDays),
			},
		}},
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{versioning}))
	if err != nil {
		return fmt.Errorf("keep archives in cheap storage: %w", err)
	}
	return nil
}
