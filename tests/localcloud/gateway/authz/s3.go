package authz

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/s3"
)

// ofS3 knows objects and the lists of them. The name of an operation is often not that of its action (Amazon S3 User Guide, "Required
// permissions for Amazon S3 API operations").
func (j *Judge) ofS3(r *http.Request) ([]call, error) {
	bucket, key := s3.BucketOf(r)
	action, uses := objectAction(r.Method, r.URL.Query(), r.Header)
	resource := "arn:aws:s3:::" + bucket + "/" + key
	if key == "" {
		action, uses = listAction(r.Method, r.URL.Query()), nil
		resource = "arn:aws:s3:::" + bucket
	}
	if bucket == "" || action == "" {
		return nil, errUnknown
	}
	policy, err := j.ofBucket(r, bucket)
	if err != nil {
		return nil, err
	}
	calls := []call{{action: action, resource: resource, policy: policy, context: s3Context(r), absent: []string{
		"s3:prefix", "s3:delimiter", "s3:max-keys", "s3:x-amz-acl", "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:versionid",
	}}}
	if len(uses) == 0 {
		return calls, nil
	}
	id, err := j.objectKey(r, bucket)
	if err != nil || id == "" {
		return calls, err
	}
	for _, use := range uses {
		c, err := j.ofKey(r.Context(), id, use, "s3", "aws:s3:arn", "arn:aws:s3:::"+bucket)
		if err != nil {
			return nil, err
		}
		calls = append(calls, c)
	}
	return calls, nil
}

// What S3 does with an object's key in the caller's name, to read and to write it.
var (
	read  = []string{"kms:Decrypt"}
	write = []string{"kms:GenerateDataKey"}
)

// objectAction is what a request for an object needs, and what S3 does with the object's key in the caller's name for it (Amazon S3 User
// Guide, "Using server-side encryption with AWS KMS keys", "Permissions").
func objectAction(method string, query url.Values, header http.Header) (action string, uses []string) {
	for parameter := range query {
		switch parameter {
		case "x-id", "uploads", "uploadId", "partNumber", "response-content-type":
		default: // a part of the object, such as its tags or an older version
			return "", nil
		}
	}
	if header.Get("X-Amz-Copy-Source") != "" || header.Get("X-Amz-Tagging") != "" {
		return "", nil
	}
	if query.Has("uploads") || query.Has("uploadId") {
		return uploadAction(method, query)
	}
	switch method {
	case http.MethodGet, http.MethodHead:
		return "s3:GetObject", read
	case http.MethodPut:
		return "s3:PutObject", write
	case http.MethodDelete:
		return "s3:DeleteObject", nil
	}
	return "", nil
}

// uploadAction is what a request about an upload in parts needs: they are decrypted, too.
func uploadAction(method string, query url.Values) (action string, uses []string) {
	switch {
	case method == http.MethodPut || method == http.MethodPost:
		return "s3:PutObject", slices.Concat(write, read)
	case method == http.MethodDelete && query.Has("uploadId"):
		return "s3:AbortMultipartUpload", nil
	}
	return "", nil
}

// listAction is what a request about a bucket needs, if it is for its objects' names.
func listAction(method string, query url.Values) string {
	if method == http.MethodHead {
		return "s3:ListBucket"
	}
	for parameter := range query {
		switch parameter {
		case "x-id", "list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner", "marker":
		default:
			return ""
		}
	}
	if method == http.MethodGet {
		return "s3:ListBucket"
	}
	return ""
}

// s3Context holds S3's own condition keys, as far as the request carries them.
func s3Context(r *http.Request) iampolicy.Context {
	context := iampolicy.Context{}
	for _, parameter := range []string{"prefix", "delimiter", "max-keys"} {
		if r.URL.Query().Has(parameter) {
			context["s3:"+parameter] = []string{r.URL.Query().Get(parameter)}
		}
	}
	for _, header := range []string{"x-amz-acl", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"} {
		if value := r.Header.Get(header); value != "" {
			context["s3:"+header] = []string{value}
		}
	}
	return context
}

// ofBucket is the bucket's policy, if it has one.
func (j *Judge) ofBucket(r *http.Request, bucket string) ([]iampolicy.Document, error) {
	response, err := j.Account.Get(r.Context(), j.Buckets, "s3", "/"+bucket+"?policy")
	if err != nil || !response.OK() {
		return nil, err
	}
	policy, err := iampolicy.Parse(response.Text())
	policy.Name = "policy of bucket " + bucket
	return []iampolicy.Document{policy}, err
}

// objectKey is the KMS key that an object is encrypted with: that of the request, or the bucket's, which is taken for that of an object that
// is read, too.
func (j *Judge) objectKey(r *http.Request, bucket string) (string, error) {
	if id := r.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"); id != "" {
		return id, nil
	}
	response, err := j.Account.Get(r.Context(), j.Buckets, "s3", "/"+bucket+"?encryption")
	if err != nil || !response.OK() {
		return "", err
	}
	return response.XMLText("//KMSMasterKeyID"), nil
}
