package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// keptVersionsDays is how long replaced and deleted states can be brought back.
const keptVersionsDays = 90

// bucket wants the bucket of the state. Pulumi locks a stack by an object in the same bucket, so nothing else is
// needed for that.
func (a *account) bucket() []desired {
	name := aws.String(a.Bucket())
	owner := aws.String(a.Account)
	resource := "bucket " + a.Bucket()
	document := a.bucketPolicy()
	return []desired{
		{
			resource: resource, aspect: "exists", want: "yes",
			read: func(ctx context.Context) (string, error) {
				_, err := a.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: name, ExpectedBucketOwner: owner})
				if isCode(err, "Forbidden", "AccessDenied", "403") {
					return "", fmt.Errorf("it belongs to another account, or these credentials may not see it: %w", err)
				}
				return "yes", absent(err, "NotFound", "NoSuchBucket", "404")
			},
			write: func(ctx context.Context) error {
				input := &s3.CreateBucketInput{Bucket: name}
				if a.Region != "us-east-1" { // which S3 does not take as a place
					input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(a.Region)}
				}
				_, err := a.s3.CreateBucket(ctx, input)
				return err
			},
		},
		{
			resource: resource, aspect: "closed to the public", want: "true true true true",
			read: func(ctx context.Context) (string, error) {
				out, err := a.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
				if err != nil {
					return "", absent(err, "NoSuchPublicAccessBlockConfiguration", "NoSuchBucket")
				}
				b := out.PublicAccessBlockConfiguration
				return fmt.Sprint(aws.ToBool(b.BlockPublicAcls), aws.ToBool(b.BlockPublicPolicy),
					aws.ToBool(b.IgnorePublicAcls), aws.ToBool(b.RestrictPublicBuckets)), nil
			},
			write: func(ctx context.Context) error {
				yes := aws.Bool(true)
				_, err := a.s3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name,
					PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
						BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes}})
				return err
			},
		},
		{
			resource: resource, aspect: "versioning", want: string(types.BucketVersioningStatusEnabled),
			read: func(ctx context.Context) (string, error) {
				out, err := a.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
				if err != nil {
					return "", absent(err, "NoSuchBucket")
				}
				return string(out.Status), nil
			},
			write: func(ctx context.Context) error {
				_, err := a.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: name,
					VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
				return err
			},
		},
		{
			resource: resource, aspect: "encryption", want: "aws:kms by " + a.stateKeyName() + ", bucket key",
			read: func(ctx context.Context) (string, error) {
				out, err := a.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
				if err != nil {
					return "", absent(err, "ServerSideEncryptionConfigurationNotFoundError", "NoSuchBucket")
				}
				return encryptionText(out.ServerSideEncryptionConfiguration), nil
			},
			write: func(ctx context.Context) error {
				_, err := a.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: name,
					ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
						BucketKeyEnabled: aws.Bool(true),
						ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
							SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String(a.stateKeyName())},
					}}}})
				return err
			},
		},
		{
			resource: resource, aspect: "old versions", want: fmt.Sprintf("kept %d days", keptVersionsDays),
			read: func(ctx context.Context) (string, error) {
				out, err := a.s3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
				if err != nil {
					return "", absent(err, "NoSuchLifecycleConfiguration", "NoSuchBucket")
				}
				return lifecycleText(out.Rules), nil
			},
			write: func(ctx context.Context) error {
				_, err := a.s3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name,
					LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
						ID: aws.String("old-versions"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
						NoncurrentVersionExpiration:    &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(keptVersionsDays)},
						AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(7)},
					}}}})
				return err
			},
		},
		{
			resource: resource, aspect: "policy", want: document, same: sameDocument,
			read: func(ctx context.Context) (string, error) {
				out, err := a.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
				if err != nil {
					return "", absent(err, "NoSuchBucketPolicy", "NoSuchBucket")
				}
				return aws.ToString(out.Policy), nil
			},
			write: func(ctx context.Context) error {
				_, err := a.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(document)})
				return err
			},
		},
	}
}

// bucketPolicy refuses what is not encrypted on the way, and to remove the bucket, even to administrators: who
// really means it changes this policy first.
func (a *account) bucketPolicy() string {
	bucket := "arn:aws:s3:::" + a.Bucket()
	return policy(
		statement{
			Sid: "OnlyOverTLS", Effect: deny, Principal: anyone, Action: []string{"s3:*"}, Resource: []string{bucket, bucket + "/*"},
			Condition: map[string]map[string][]string{"Bool": {"aws:SecureTransport": {"false"}}},
		},
		statement{
			Sid: "KeepTheBucket", Effect: deny, Principal: anyone, Resource: []string{bucket},
			Action: []string{"s3:DeleteBucket"},
		},
	)
}

// stateKeyName is the key of the state by its alias' ARN, which stays when the key is replaced.
func (a *account) stateKeyName() string { return a.arn("kms", a.Region, stateAlias) }

func encryptionText(c *types.ServerSideEncryptionConfiguration) string {
	if c == nil || len(c.Rules) != 1 || c.Rules[0].ApplyServerSideEncryptionByDefault == nil {
		return "not by one rule"
	}
	rule := c.Rules[0]
	text := string(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	if key := aws.ToString(rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID); key != "" {
		text += " by " + key
	}
	if aws.ToBool(rule.BucketKeyEnabled) {
		text += ", bucket key"
	}
	return text
}

func lifecycleText(rules []types.LifecycleRule) string {
	if len(rules) != 1 || rules[0].Status != types.ExpirationStatusEnabled || rules[0].Expiration != nil || rules[0].NoncurrentVersionExpiration == nil {
		return "by other rules"
	}
	return fmt.Sprintf("kept %d days", aws.ToInt32(rules[0].NoncurrentVersionExpiration.NoncurrentDays))
}

// absent turns the given error codes into errAbsent.
func absent(err error, codes ...string) error {
	if isCode(err, codes...) {
		return errAbsent
	}
	return err
}

func isCode(err error, codes ...string) bool {
	var failure smithy.APIError
	if !errors.As(err, &failure) {
		return false
	}
	for _, code := range codes {
		if strings.EqualFold(failure.ErrorCode(), code) {
			return true
		}
	}
	return false
}
