// Package bucket makes S3 buckets the one way this platform has them: closed to the public, without access lists, encrypted
// with a key of our own, versioned, and refusing requests without TLS.
package bucket

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// Args says what a bucket holds and for how long.
type Args struct {
	KeyARN pulumi.StringInput // of the KMS key that encrypts the objects

	// NoncurrentDays is how long an overwritten or deleted object is recoverable.
	NoncurrentDays int
	// ExpireDays is when an object goes: never when zero.
	ExpireDays int
	// ColdDays is when an object moves to where storage is cheap and reading costs: never when zero.
	ColdDays int

	// Statements are the policy's beside the one that refuses requests without TLS. Nil: there are none.
	Statements func(bucketARN pulumi.StringInput) []policydoc.Statement

	// DeletionProtection keeps destroy from deleting the bucket; without it, what it holds goes with it. True when nil.
	DeletionProtection *bool
}

// abortDays ends uploads that nobody finishes.
const abortDays = 1

// New makes a bucket. It gives its name, which is known once the bucket's policy stands.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (bucketName pulumi.StringOutput, err error) {
	protected := *cmp.Or(args.DeletionProtection, new(true))
	made, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(!protected),
	}, pulumi.Composite(opts...), pulumi.Protect(protected))
	if err != nil {
		return bucketName, fmt.Errorf("create bucket %s: %w", name, err)
	}
	_, err = s3.NewBucketPublicAccessBlock(ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket: made.Bucket, BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	}, opts...)
	if err != nil {
		return bucketName, fmt.Errorf("block public access to bucket %s: %w", name, err)
	}
	_, err = s3.NewBucketOwnershipControls(ctx, name, &s3.BucketOwnershipControlsArgs{
		Bucket: made.Bucket,
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, opts...)
	if err != nil {
		return bucketName, fmt.Errorf("own what is in bucket %s: %w", name, err)
	}
	_, err = s3.NewBucketServerSideEncryptionConfigurationV2(ctx, name, &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: made.Bucket,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			BucketKeyEnabled: pulumi.Bool(true), // one call to KMS for many objects
			ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm:   pulumi.String("aws:kms"),
				KmsMasterKeyId: args.KeyARN.ToStringOutput().ToStringPtrOutput(),
			},
		}},
	}, opts...)
	if err != nil {
		return bucketName, fmt.Errorf("encrypt bucket %s: %w", name, err)
	}
	versioning, err := s3.NewBucketVersioningV2(ctx, name, &s3.BucketVersioningV2Args{
		Bucket:                  made.Bucket,
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, opts...)
	if err != nil {
		return bucketName, fmt.Errorf("version bucket %s: %w", name, err)
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(ctx, name, &s3.BucketLifecycleConfigurationV2Args{
		Bucket: made.Bucket, Rules: s3.BucketLifecycleConfigurationV2RuleArray{args.lifecycle()},
	}, pulumi.Composite(opts...), pulumi.DependsOn([]pulumi.Resource{versioning}))
	if err != nil {
		return bucketName, fmt.Errorf("create lifecycle of bucket %s: %w", name, err)
	}
	policy, err := s3.NewBucketPolicy(ctx, name, &s3.BucketPolicyArgs{Bucket: made.Bucket, Policy: args.policy(made.Arn)}, opts...)
	if err != nil {
		return bucketName, fmt.Errorf("create policy of bucket %s: %w", name, err)
	}
	return policy.Bucket, nil
}

// lifecycle is the one rule of all objects.
func (a *Args) lifecycle() *s3.BucketLifecycleConfigurationV2RuleArgs {
	rule := &s3.BucketLifecycleConfigurationV2RuleArgs{
		Id:     pulumi.String("all"),
		Status: pulumi.String("Enabled"),
		Filter: &s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")}, // everything
		NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
			NoncurrentDays: pulumi.Int(a.NoncurrentDays),
		},
		AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
			DaysAfterInitiation: pulumi.Int(abortDays),
		},
	}
	if a.ExpireDays != 0 {
		rule.Expiration = &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(a.ExpireDays)}
	}
	if a.ColdDays != 0 {
		rule.Transitions = s3.BucketLifecycleConfigurationV2RuleTransitionArray{&s3.BucketLifecycleConfigurationV2RuleTransitionArgs{
			Days: pulumi.Int(a.ColdDays), StorageClass: pulumi.String("STANDARD_IA"),
		}}
	}
	return rule
}

// policy is the bucket's: whatever it allows, nobody gets it without TLS.
func (a *Args) policy(bucketARN pulumi.StringInput) pulumi.StringOutput {
	var statements []policydoc.Statement
	if a.Statements != nil {
		statements = a.Statements(bucketARN)
	}
	return policydoc.Document(append(statements, policydoc.Statement{
		Sid: "OnlyTLS", Effect: policydoc.Deny, Anyone: true, Actions: []string{"s3:*"}, // whatever it is
		Resources:  []pulumi.StringInput{bucketARN, pulumi.Sprintf("%s/*", bucketARN)},
		Conditions: policydoc.Conditions{"Bool": {"aws:SecureTransport": {pulumi.String("false")}}},
	})...)
}
