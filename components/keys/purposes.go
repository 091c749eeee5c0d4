package keys

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// purpose is one use of encryption, with a key of its own.
type purpose struct {
	name        string
	description string
	output      func(*Keys) *pulumi.StringOutput
	// services lets in the AWS services that call KMS in their own name. The others (RDS, ElastiCache, EKS,
	// Secrets Manager) work through grants or in the name of the caller, whose permissions IAM evaluates.
	services []policydoc.Statement
	account  string
}

// anyKey is the resource of a key policy: it means the key that the policy is attached to.
var anyKey = []pulumi.StringInput{pulumi.String("*")}

// purposes lists every key of an environment.
func purposes(a KeysArgs) []purpose {
	list := []purpose{
		{
			name: "cluster", account: a.AccountID, description: "Secrets of the Kubernetes cluster",
			output: func(k *Keys) *pulumi.StringOutput { return &k.Cluster },
		},
		{
			name: "database", account: a.AccountID, description: "The shared database, its snapshots and its performance data",
			output: func(k *Keys) *pulumi.StringOutput { return &k.Database },
		},
		{
			name: "cache", account: a.AccountID, description: "The shared cache and its snapshots",
			output: func(k *Keys) *pulumi.StringOutput { return &k.Cache },
		},
		{
			name: "secrets", account: a.AccountID, description: "Secrets in Secrets Manager",
			output: func(k *Keys) *pulumi.StringOutput { return &k.Secrets },
		},
		{
			name: "notifications", account: a.AccountID, description: "Topics of alarms and budgets",
			output:   func(k *Keys) *pulumi.StringOutput { return &k.Notifications },
			services: notifications(a),
		},
		{
			name: "logs", account: a.AccountID, description: "Log groups",
			output:   func(k *Keys) *pulumi.StringOutput { return &k.Logs },
			services: logs(a),
		},
		{
			name: "storage", account: a.AccountID, description: "Buckets, except the audit trail's, and images",
			output: func(k *Keys) *pulumi.StringOutput { return &k.Storage },
		},
		{
			// CloudTrail must decrypt with its key, so that it has one which opens nothing else.
			name: "trail", account: a.AccountID, description: "The audit trail and its bucket",
			output:   func(k *Keys) *pulumi.StringOutput { return &k.Trail },
			services: trails(a),
		},
	}
	if a.AccessLogs {
		list = append(list, purpose{
			// AWS's delivery of logs must decrypt with its key, so that it has one which opens nothing else.
			name: "access-logs", account: a.AccountID, description: "The access log of the load balancer",
			output:   func(k *Keys) *pulumi.StringOutput { return &k.AccessLogs },
			services: deliveries(a),
		})
	}
	return list
}

// policy lets the account administer the key, so that IAM can grant its use and nobody is locked out, and the
// purpose's services use it.
func (p purpose) policy() pulumi.StringOutput {
	return policydoc.Document(append([]policydoc.Statement{{
		Sid:       "Account",
		Accounts:  []pulumi.StringInput{pulumi.String("arn:aws:iam::" + p.account + ":root")},
		Actions:   []string{"kms:*"}, // the account keeps every right over its own key
		Resources: anyKey,
	}}, p.services...)...)
}

// notifications lets the services that publish to encrypted topics in: budgets, cost anomalies and alarms.
func notifications(a KeysArgs) []policydoc.Statement {
	return []policydoc.Statement{{
		Sid:        "Publishers",
		Services:   []string{"budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"},
		Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		Resources:  anyKey,
		Conditions: equals("StringEquals", "aws:SourceAccount", a.AccountID),
	}}
}

// logs lets CloudWatch Logs in, for the log groups of this account and region.
func logs(a KeysArgs) []policydoc.Statement {
	return []policydoc.Statement{{
		Sid:       "LogGroups",
		Services:  []string{"logs." + a.Region + ".amazonaws.com"},
		Actions:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Resources: anyKey,
		Conditions: equals("ArnLike", "kms:EncryptionContext:aws:logs:arn",
			fmt.Sprintf("arn:aws:logs:%s:%s:*", a.Region, a.AccountID)),
	}}
}

// trails lets CloudTrail use the key for the trails that this account has in this region. It decrypts because the trail's
// bucket has an S3 Bucket Key, and the encryption context is then the bucket's.
// Source: CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail".
func trails(a KeysArgs) []policydoc.Statement {
	trail := fmt.Sprintf("arn:aws:cloudtrail:%s:%s:trail/*", a.Region, a.AccountID)
	encrypt := equals("StringLike", "kms:EncryptionContext:aws:cloudtrail:arn", trail)
	encrypt["ArnLike"] = equals("ArnLike", "aws:SourceArn", trail)["ArnLike"]
	return []policydoc.Statement{
		{
			Sid:        "TrailsEncrypt",
			Services:   []string{"cloudtrail.amazonaws.com"},
			Actions:    []string{"kms:GenerateDataKey*"},
			Resources:  anyKey,
			Conditions: encrypt,
		},
		{
			Sid:        "TrailsUse",
			Services:   []string{"cloudtrail.amazonaws.com"},
			Actions:    []string{"kms:Decrypt", "kms:DescribeKey"},
			Resources:  anyKey,
			Conditions: equals("ArnLike", "aws:SourceArn", trail),
		},
	}
}

// deliveries lets the delivery of logs to buckets in, for what this account has in this region.
// Source: Amazon CloudWatch Logs User Guide, "Logs sent to Amazon S3", "Amazon S3 bucket server-side encryption", 2026-11.
func deliveries(a KeysArgs) []policydoc.Statement {
	conditions := equals("ArnLike", "aws:SourceArn", fmt.Sprintf("arn:aws:logs:%s:%s:*", a.Region, a.AccountID)) // deliveries have no name
	conditions["StringEquals"] = equals("StringEquals", "aws:SourceAccount", a.AccountID)["StringEquals"]
	return []policydoc.Statement{{
		Sid:        "Deliveries",
		Services:   []string{"delivery.logs.amazonaws.com"},
		Actions:    []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Resources:  anyKey,
		Conditions: conditions,
	}}
}

// equals is a condition with one key and one accepted value.
func equals(operator, key, value string) policydoc.Conditions {
	return policydoc.Conditions{operator: {key: {pulumi.String(value)}}}
}
