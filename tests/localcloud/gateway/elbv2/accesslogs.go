package elbv2

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/kmskey"
)

// delivery is who writes the access logs of network load balancers.
const delivery = "delivery.logs.amazonaws.com"

// checkAttributes refuses a bucket for the access log that AWS may not write to. AWS tries it at once.
// Sources: Elastic Load Balancing, "Enable access logs for your Network Load Balancer", 2026-11; the message is that of
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1956
func (s *service) checkAttributes(ctx context.Context, in url.Values) error {
	bucket := attribute(in, "access_logs.s3.bucket")
	if attribute(in, "access_logs.s3.enabled") != "true" || bucket == "" {
		return nil
	}
	region, err := s.Account.Get(ctx, s.Buckets, "s3", "/"+bucket+"?location")
	if err != nil {
		return err
	}
	if !region.OK() {
		return awsapi.BadRequest("InvalidConfigurationRequest", "S3Bucket: %s is not found", bucket)
	}
	refused := awsapi.BadRequest("InvalidConfigurationRequest", "Access Denied for bucket: %s. Please check S3bucket permission", bucket)
	denied, err := s.deniedByBucket(ctx, bucket, attribute(in, "access_logs.s3.prefix"))
	if err != nil {
		return err
	}
	byKey, err := s.deniedByKey(ctx, bucket)
	if err != nil {
		return err
	}
	if denied = append(denied, byKey...); len(denied) > 0 {
		refused.Message += " (The local cloud adds: " + delivery + " may not " + strings.Join(denied, ", ") + ".)"
		return refused
	}
	return nil
}

// deniedByBucket lists what the delivery of logs does and the bucket's policy does not allow.
func (s *service) deniedByBucket(ctx context.Context, bucket, prefix string) ([]string, error) {
	response, err := s.Account.Get(ctx, s.Buckets, "s3", "/"+bucket+"?policy")
	if err != nil {
		return nil, err
	}
	var policies []iampolicy.Document
	if response.OK() {
		policy, err := iampolicy.Parse(response.Text())
		if err != nil {
			return nil, err
		}
		policies = append(policies, policy)
	}
	if prefix != "" {
		prefix += "/"
	}
	at := "arn:aws:s3:::" + bucket
	context := iampolicy.Context{
		"aws:SourceAccount": {s.Account.ID}, "aws:SourceArn": {s.Account.ARN("logs", "delivery-source:1")}, "aws:SecureTransport": {"true"},
		"s3:x-amz-acl": {"bucket-owner-full-control"},
	}
	var denied []string
	for _, call := range []struct{ action, resource string }{
		{"s3:GetBucketAcl", at},
		{"s3:PutObject", at + "/" + prefix + "AWSLogs/" + s.Account.ID + "/elasticloadbalancing/" + s.Account.Region + "/2026/11/01/net.log.gz"},
	} {
		decision, err := iampolicy.Evaluate(
			iampolicy.Request{Caller: iampolicy.Caller{Service: delivery}, Action: call.action, Resource: call.resource, Context: context},
			iampolicy.Policies{Resource: policies, ResourceDecides: true})
		if err != nil {
			return nil, err
		}
		if !decision.Allowed {
			denied = append(denied, call.action)
		}
	}
	return denied, nil
}

// deniedByKey lists what the delivery of logs does and the key that the bucket is encrypted with does not allow.
func (s *service) deniedByKey(ctx context.Context, bucket string) ([]string, error) {
	response, err := s.Account.Get(ctx, s.Buckets, "s3", "/"+bucket+"?encryption")
	if err != nil {
		return nil, err
	}
	id := response.XMLText("//KMSMasterKeyID")
	if id == "" {
		return nil, nil
	}
	key, err := kmskey.Read(ctx, s.Account, s.emulator, id)
	if err != nil {
		return nil, &awsapi.Error{Status: http.StatusBadRequest, Code: "InvalidConfigurationRequest", Message: "the key of bucket " + bucket + ": " + err.Error()}
	}
	return key.Denied(iampolicy.DeliveryKeyUse(s.Account.ID, s.Account.Region)), nil
}
