package rules

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var kebab = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)

func TestEveryRuleIsComplete(t *testing.T) {
	t.Parallel()
	table, seen := All(), map[string]bool{}
	for _, rule := range table.Rules {
		assert.Regexp(t, kebab, rule.ID)
		assert.False(t, seen[rule.ID], "%s is registered twice", rule.ID)
		seen[rule.ID] = true
		assert.Contains(t, []Severity{Mandatory, Production, Advisory}, rule.Severity, rule.ID)
		assert.NotEmpty(t, rule.Frameworks, rule.ID)
		assert.NotEmpty(t, rule.Types, rule.ID)
		assert.NotEmpty(t, rule.Must, rule.ID)
		assert.NotEmpty(t, rule.Remedy, rule.ID)
		for _, text := range []string{rule.Must, rule.Remedy, rule.Limits} {
			assert.False(t, strings.HasSuffix(text, "."), "%s: the message adds the stops", rule.ID)
		}
		assert.True(t, (rule.evaluate == nil) != (rule.evaluateStack == nil), "%s must evaluate a resource or a stack", rule.ID)
		found, ok := table.Rule(rule.ID)
		assert.True(t, ok && found == rule, rule.ID)
	}
	_, ok := table.Rule("no-such-rule")
	assert.False(t, ok)
}

// controls are the published controls that the rules must cover between them. EC2.55 and EC2.56, interface endpoints for the
// registry, are left out: images come through NAT, encrypted and within AWS's network, for a tenth of what endpoints cost.
var controls = []string{
	"EKS.1", "CKV_AWS_39", "CIS-EKS 5.4", "CKV_AWS_38", "EKS.2", "EKS.3", "CKV_AWS_58", "CIS-EKS 5.3", "EKS.8", "CIS-EKS 2.1",
	"CKV_AWS_37", "CIS-EKS 3.1", "CIS-EKS 3.2", "CIS-EKS 5.2", "CIS-EKS 4.1", "EC2.170", "EC2.181", "CKV_AWS_3", "EC2.25",
	"RDS.2", "CKV_AWS_17", "RDS.3", "CKV_AWS_16", "RDS.5", "CKV_AWS_157", "RDS.8", "RDS.9", "RDS.36", "CKV_AWS_129", "RDS.6",
	"CKV_AWS_118", "RDS.10", "CKV_AWS_161", "RDS.11", "RDS.13", "RDS.17", "RDS.23", "RDS.25", "RDS.46", "RDS.43",
	"ElastiCache.4", "CKV_AWS_29", "ElastiCache.5", "CKV_AWS_30", "ElastiCache.6", "CKV_AWS_31", "ElastiCache.3",
	"ElastiCache.1", "CKV_AWS_134", "ElastiCache.2", "ElastiCache.7", "EC2.6", "CKV2_AWS_11", "EC2.2", "CKV2_AWS_12",
	"EC2.15", "CKV_AWS_130", "EC2.18", "EC2.19", "CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_23", "S3.1", "S3.8",
	"CKV2_AWS_6", "S3.5", "CKV_AWS_19", "CKV_AWS_145", "CKV_AWS_21", "S3.9", "CKV_AWS_18", "S3.13", "S3.12", "CKV_AWS_26",
	"SNS.4", "CKV_AWS_169", "CKV_AWS_7", "KMS.4", "CKV_AWS_33", "SecretsManager.1", "SecretsManager.4", "CKV_AWS_149",
	"IAM.1", "CKV_AWS_1", "IAM.21", "IAM.2", "CKV_AWS_40", "ELB.1", "CKV2_AWS_20", "ELB.4", "CKV_AWS_131", "ELB.5", "ELB.6",
	"CKV_AWS_150", "ELB.17", "ECR.1", "CKV_AWS_163", "ECR.2", "ECR.3", "ECR.5", "CIS-EKS 5.1.4", "CKV_AWS_136", "CKV_AWS_32", "CKV_AWS_35", "CKV_AWS_36", "CKV_AWS_158",
	"CKV_K8S_14", "CKV_K8S_43", "CKV_K8S_10", "CKV_K8S_11", "CKV_K8S_12", "CKV_K8S_13", "CKV_K8S_6", "CKV_K8S_16", "CKV_K8S_20", "CKV_K8S_23",
	"CKV_K8S_28", "CKV_K8S_31", "CKV_K8S_22", "CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "CKV_K8S_26", "CKV_K8S_35",
	"GuardDuty.1", "GuardDuty.5", "GuardDuty.9", "WAF.10", "WAF.12", "APIGateway.9", "CKV_AWS_95", "CKV_AWS_258",
}

func TestEveryControlIsCovered(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, rule := range Security().Rules {
		for _, control := range rule.Frameworks {
			covered[control] = true
		}
	}
	for _, control := range controls {
		assert.True(t, covered[control], control)
	}
}
