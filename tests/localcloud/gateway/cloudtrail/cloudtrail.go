// Package cloudtrail completes the emulator's AWS CloudTrail.
package cloudtrail

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/kmskey"
)

type service struct {
	account  awsapi.Account
	emulator http.Handler
}

// New names trails as the emulator does, which fails on an ARN where AWS takes either, and refuses a trail whose key
// CloudTrail may not use: the emulator asks nobody.
func New(account awsapi.Account, emulator http.Handler) http.Handler {
	return &service{account, emulator}
}

// ServeHTTP implements http.Handler. Of a request that is wrong in any way the emulator says what is wrong.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := awsapi.ReadBody(r)
	in := map[string]any{}
	if err != nil || json.Unmarshal(body, &in) != nil {
		s.emulator.ServeHTTP(w, r)
		return
	}
	if _, name, isARN := strings.Cut(awsapi.Text(in, "Name"), ":trail/"); isARN {
		in["Name"] = name
		if body, err = json.Marshal(in); err == nil {
			awsapi.ReplaceBody(r, body)
		}
	}
	switch awsapi.JSONName(r) {
	case "CreateTrail", "UpdateTrail":
		if err := s.checkKey(r.Context(), in); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
	}
	s.emulator.ServeHTTP(w, r)
}

// checkKey refuses a trail that CloudTrail could not write with the key that the request names, as AWS does when a trail is
// created or changed. The code and the message are AWS's.
func (s *service) checkKey(ctx context.Context, in map[string]any) error {
	id, bucket := awsapi.Text(in, "KmsKeyId"), awsapi.Text(in, "S3BucketName")
	if id == "" {
		return nil
	}
	key, err := kmskey.Read(ctx, s.account, s.emulator, id)
	if err != nil {
		return awsapi.BadRequest("KmsKeyNotFoundException", "the key %s: %v", id, err)
	}
	if !key.Enabled {
		return awsapi.BadRequest("KmsKeyDisabledException", "The key %s is disabled.", key.ARN)
	}
	bucketKey, err := s.hasBucketKey(ctx, bucket)
	if err != nil {
		return err
	}
	use := iampolicy.TrailKeyUse(s.account.ARN("cloudtrail", "trail/"+awsapi.Text(in, "Name")), bucketKey)
	if denied := key.Denied(use); len(denied) > 0 {
		return awsapi.BadRequest("InsufficientEncryptionPolicyException",
			"Insufficient permissions to access S3 bucket %s or KMS key %s. (The local cloud adds: the key's policy does not allow CloudTrail %s.)",
			bucket, key.ARN, strings.Join(denied, ", "))
	}
	return nil
}

// hasBucketKey says whether S3 encrypts what is put into a bucket with an S3 Bucket Key.
func (s *service) hasBucketKey(ctx context.Context, bucket string) (bool, error) {
	if bucket == "" { // a change that leaves the bucket
		return true, nil
	}
	response, err := s.account.Get(ctx, s.emulator, "s3", "/"+bucket+"?encryption")
	if err != nil {
		return false, err
	}
	return response.XMLText("//BucketKeyEnabled") == "true", nil
}
