package rules

import (
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/property"
)

// bucketRules are the rules of S3 buckets. Most of what makes a bucket safe stands in companions of its own, so
// these rules look at the whole stack.
func bucketRules() []*Rule {
	buckets := []string{bucketV2, bucketV1}
	const companions = "sees companion resources of the same stack, and inline settings only for the older type Bucket"
	return []*Rule{
		{
			ID: "s3-public-access-blocked", Severity: Mandatory, Frameworks: []string{"S3.1", "S3.8", "CKV2_AWS_6"}, Types: buckets, Limits: companions,
			Must:          "a bucket must block public access in all four ways",
			Remedy:        "add a BucketPublicAccessBlock with blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets true",
			evaluateStack: checkCompanions(companion{"BucketPublicAccessBlock", bucketAccessBlock, checkAccessBlock, nil}),
		},
		{
			ID: "s3-tls-only", Severity: Mandatory, Frameworks: []string{"S3.5"}, Types: buckets, Limits: companions,
			Must:          "a bucket must refuse requests without TLS",
			Remedy:        `add a BucketPolicy that denies s3:* to everybody if aws:SecureTransport is "false"`,
			evaluateStack: checkCompanions(companion{"BucketPolicy", bucketPolicy, checkBucketTLS, inlinePolicy}),
		},
		{
			ID: "s3-encrypted-with-key", Severity: Mandatory, Frameworks: []string{"CKV_AWS_19", "CKV_AWS_145"}, Types: buckets, Limits: companions,
			Must:          "a bucket must be encrypted with a KMS key",
			Remedy:        "add a BucketServerSideEncryptionConfigurationV2 whose rule has sseAlgorithm aws:kms",
			evaluateStack: checkCompanions(companion{"BucketServerSideEncryptionConfigurationV2", bucketEncryption, checkBucketEncryption, inlineEncryption}),
		},
		{
			ID: "s3-versioned", Severity: Mandatory, Frameworks: []string{"CKV_AWS_21", "S3.14"}, Types: buckets, Limits: companions,
			Must:          "a bucket must keep overwritten and deleted objects",
			Remedy:        "add a BucketVersioningV2 with versioningConfiguration.status Enabled",
			evaluateStack: checkCompanions(companion{"BucketVersioningV2", bucketVersioning, checkVersioning, inlineVersioning}),
		},
		{
			ID: "s3-access-logged", Severity: Advisory, Frameworks: []string{"S3.9", "CKV_AWS_18"}, Types: buckets,
			Limits:        companions + "; a bucket that receives the access logs of others need not log its own",
			Must:          "reads and writes of a bucket should be logged",
			Remedy:        "add a BucketLoggingV2, or data events of the trail",
			evaluateStack: checkAccessLogs,
		},
		{
			ID: "s3-lifecycle", Severity: Mandatory, Frameworks: []string{"S3.13"}, Types: buckets, Limits: companions,
			Must:          "a bucket must expire objects and their old versions, or it grows indefinitely",
			Remedy:        "add a BucketLifecycleConfigurationV2 with an enabled rule",
			evaluateStack: checkCompanions(companion{"BucketLifecycleConfigurationV2", bucketLifecycle, checkLifecycle, inlineLifecycle}),
		},
		{
			ID: "s3-no-acl", Severity: Mandatory, Frameworks: []string{"S3.12"}, Types: []string{bucketV2, bucketV1, bucketACL, bucketOwnership},
			Must:     "access to a bucket must be granted by policies, not by access control lists",
			Remedy:   "remove the list, and leave objectOwnership at BucketOwnerEnforced",
			evaluate: checkACL,
		},
	}
}

// companion describes the resource beside a bucket that a rule asks for.
type companion struct {
	name   string
	token  string
	check  func(property.Object) string           // says what is wrong with it
	inline func(bucket property.Object) (ok bool) // tells that a bucket of the older type does it itself, or may
}

func checkCompanions(c companion) func(Environment, *Stack) []finding {
	return func(_ Environment, s *Stack) []finding {
		var findings []finding
		for _, bucket := range s.ofType(bucketV2, bucketV1) {
			if bucket.Type == bucketV1 && c.inline != nil && c.inline(bucket.Properties) {
				continue
			}
			if seen := s.seenBeside(bucket, c); seen != "" {
				findings = append(findings, finding{bucket, seen})
			}
		}
		return findings
	}
}

// seenBeside says what is wrong with a bucket's companion, or nothing.
func (s *Stack) seenBeside(bucket *Resource, c companion) string {
	found := s.pointingAt(bucket, "bucket", c.token)
	if len(found) == 0 {
		return "the stack has no " + c.name + " for it"
	}
	return c.check(found[0].Properties)
}

func checkAccessBlock(o property.Object) string {
	var open []string
	for _, path := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		if v := o.Bool(path); !v.Unknown() && (!v.Known() || !v.Value) {
			open = append(open, o.Describe(path))
		}
	}
	return strings.Join(open, ", ")
}

func checkBucketTLS(o property.Object) string {
	statements, ok := documentOf(o)
	if !ok || slices.ContainsFunc(statements, statement.deniesPlainText) {
		return ""
	}
	return "its policy has no such statement"
}

func inlinePolicy(bucket property.Object) bool {
	if bucket.State("policy") == property.Unknown {
		return true
	}
	statements, ok := documentOf(bucket)
	return ok && slices.ContainsFunc(statements, statement.deniesPlainText)
}

func checkBucketEncryption(o property.Object) string {
	rules := o.Objects("rules")
	if rules.Unknown() || rules.Partial || slices.ContainsFunc(rules.Value, encryptsWithKey) {
		return ""
	}
	return "no rule of it uses aws:kms"
}

func inlineEncryption(bucket property.Object) bool {
	rule := bucket.Object("serverSideEncryptionConfiguration.rule")
	return rule.Unknown() || rule.Known() && encryptsWithKey(rule.Value)
}

func encryptsWithKey(rule property.Object) bool {
	algorithm := rule.Text("applyServerSideEncryptionByDefault.sseAlgorithm")
	return algorithm.Unknown() || strings.HasPrefix(algorithm.Value, "aws:kms")
}

func checkVersioning(o property.Object) string {
	const path = "versioningConfiguration.status"
	if v := o.Text(path); v.Unknown() || v.Value == "Enabled" {
		return ""
	}
	return o.Describe(path)
}

func inlineVersioning(bucket property.Object) bool {
	enabled := bucket.Bool("versioning.enabled")
	return enabled.Unknown() || enabled.Value
}

func checkLifecycle(o property.Object) string {
	rules := o.Objects("rules")
	enabled := func(rule property.Object) bool {
		status := rule.Text("status")
		return status.Unknown() || status.Value == "Enabled"
	}
	if rules.Unknown() || rules.Partial || slices.ContainsFunc(rules.Value, enabled) {
		return ""
	}
	return "it has no enabled rule"
}

func inlineLifecycle(bucket property.Object) bool {
	rules := bucket.Objects("lifecycleRules")
	return rules.Unknown() || rules.Partial || slices.ContainsFunc(rules.Value, func(rule property.Object) bool {
		enabled := rule.Bool("enabled")
		return enabled.Unknown() || enabled.Value
	})
}

func checkAccessLogs(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, bucket := range s.ofType(bucketV2, bucketV1) {
		receives := len(s.pointingAt(bucket, "targetBucket", bucketLogging)) > 0
		inline := bucket.Type == bucketV1 && logsItself(bucket.Properties)
		if !receives && !inline && len(s.pointingAt(bucket, "bucket", bucketLogging)) == 0 {
			findings = append(findings, finding{bucket, "the stack has no BucketLoggingV2 for it"})
		}
	}
	return findings
}

// logsItself tells that a bucket names where its access log goes, or may.
func logsItself(bucket property.Object) bool {
	first := bucket.State("loggings.0")
	return first == property.Known || first == property.Unknown
}

func checkACL(_ Environment, r *Resource) []string {
	switch r.Type {
	case bucketACL:
		return []string{"this is an access control list"}
	case bucketOwnership:
		const path = "rule.objectOwnership"
		if v := r.Properties.Text(path); v.Unknown() || v.Value == "BucketOwnerEnforced" {
			return nil
		}
		return []string{r.Properties.Describe(path)}
	}
	if v := r.Properties.Text("acl"); v.Known() && v.Value != "private" && v.Value != "" {
		return []string{r.Properties.Describe("acl")}
	}
	if len(r.Properties.Objects("grants").Value) > 0 {
		return []string{"it has grants"}
	}
	return nil
}
