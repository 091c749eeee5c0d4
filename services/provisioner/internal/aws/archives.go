package aws

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	uploadtypes "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
)

// Archives implements tenancy.Store.
type Archives struct {
	Client *s3.Client
	Bucket string
	KeyARN string // the KMS key that archives are encrypted with
}

// partBytes times S3's 10,000 parts is the largest archive, 160 GB; two are in memory at a time.
const (
	partBytes = 16 << 20
	parallel  = 2
)

// Put writes an object of any size as it is read.
func (a Archives) Put(ctx context.Context, key string, body io.Reader) error {
	uploader := transfermanager.New(a.Client, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency = partBytes, partBytes, parallel
	})
	_, err := uploader.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: &a.Bucket, Key: &key, Body: body,
		ServerSideEncryption: uploadtypes.ServerSideEncryptionAwsKms, SSEKMSKeyID: &a.KeyARN, BucketKeyEnabled: aws.Bool(true),
	})
	return err
}

// Get reads an object.
func (a Archives) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	found, err := a.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &a.Bucket, Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		//page:none it names the archive; the message before it has a page
		return nil, fmt.Errorf("%w: s3://%s/%s", tenancy.ErrNoObject, a.Bucket, key)
	}
	if err != nil {
		return nil, err
	}
	return found.Body, nil
}

// List gives the keys below a prefix.
func (a Archives) List(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	pages := s3.NewListObjectsV2Paginator(a.Client, &s3.ListObjectsV2Input{Bucket: &a.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			keys = append(keys, aws.ToString(object.Key))
		}
	}
	return keys, nil
}
