package iampolicy

import "strings"

// What AWS services do with a customer-managed KMS key in their own name, for which the key's policy must let them in. The
// other services that this platform uses (RDS, ElastiCache, EKS, EBS, Secrets Manager, Lambda, S3) use a key in the name of
// whoever calls them, or by a grant that the caller makes: the account's statement in the key's policy is enough for them.
// Source: the pages named below, and of the others "How <service> uses AWS KMS" in the KMS Developer Guide, 2026-11.

// TrailKeyUse is what CloudTrail does with the key of a trail. It tries it when the trail is created or changed. With an S3
// Bucket Key on the trail's bucket it must decrypt, too.
// Source: CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail".
func TrailKeyUse(trailARN string, bucketKey bool) []Call {
	const service = "cloudtrail.amazonaws.com"
	account := strings.Split(trailARN, ":")[4]
	source := map[string]string{"aws:SourceArn": trailARN, "aws:SourceAccount": account}
	encrypt := map[string]string{
		"aws:SourceArn": trailARN, "aws:SourceAccount": account, "kms:EncryptionContext:aws:cloudtrail:arn": trailARN,
	}
	calls := []Call{
		{Service: service, Action: "kms:GenerateDataKey", Context: encrypt},
		{Service: service, Action: "kms:DescribeKey", Context: source},
	}
	if bucketKey {
		// The objects' encryption context is then the bucket's, not the trail's (S3 User Guide, "Reducing the cost of
		// SSE-KMS with Amazon S3 Bucket Keys").
		calls = append(calls, Call{Service: service, Action: "kms:Decrypt", Context: source})
	}
	return calls
}

// LogGroupKeyUse is what CloudWatch Logs does with the key of a log group. It tries it when the group is given the key.
// Source: CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS Key Management Service".
func LogGroupKeyUse(groupARN, region string) []Call {
	context := map[string]string{"kms:EncryptionContext:aws:logs:arn": groupARN}
	var calls []Call
	for _, action := range []string{"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey"} {
		calls = append(calls, Call{Service: "logs." + region + ".amazonaws.com", Action: "kms:" + action, Context: context})
	}
	return calls
}

// DeliveryKeyUse is what AWS's delivery of logs does with the key of the bucket that a load balancer's access log goes to. AWS tries to
// write when the load balancer is given the bucket.
// Source: CloudWatch Logs User Guide, "Logs sent to Amazon S3", "Amazon S3 bucket server-side encryption".
func DeliveryKeyUse(account, region string) []Call {
	context := map[string]string{"aws:SourceAccount": account, "aws:SourceArn": "arn:aws:logs:" + region + ":" + account + ":delivery"}
	var calls []Call
	for _, action := range []string{"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey"} {
		calls = append(calls, Call{Service: "delivery.logs.amazonaws.com", Action: "kms:" + action, Context: context})
	}
	return calls
}

// PublisherKeyUse is what a service does with the key of a topic that it publishes to. Nothing tries it before the first
// message: without it the message is lost.
// Source: SNS Developer Guide, "Enable compatibility between event sources from AWS services and encrypted topics".
func PublisherKeyUse(service, account string) []Call {
	context := map[string]string{"aws:SourceAccount": account}
	return []Call{
		{Service: service, Action: "kms:GenerateDataKey", Context: context},
		{Service: service, Action: "kms:Decrypt", Context: context},
	}
}

// Missing lists the actions of the calls that the policy does not allow.
func (d Document) Missing(calls []Call) []string {
	var missing []string
	for _, c := range calls {
		if !d.Allows(c) {
			missing = append(missing, c.Action)
		}
	}
	return missing
}
