package authz

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// ofASecret are the operations of Secrets Manager on one secret, with what they do with its key in the caller's name (AWS Secrets Manager
// User Guide, "Secret encryption and decryption in AWS Secrets Manager").
var ofASecret = map[string][]string{
	"DescribeSecret":           nil,
	"GetSecretValue":           {"kms:Decrypt"},
	"ListSecretVersionIds":     nil,
	"PutSecretValue":           {"kms:GenerateDataKey", "kms:Decrypt"},
	"UpdateSecretVersionStage": nil,
}

// ofSecrets knows of a secret its name, tags and policy, and of one that is not there the name alone.
func (j *Judge) ofSecrets(r *http.Request) ([]call, error) {
	if awsapi.JSONName(r) == "ListSecrets" { // knows no resource
		return []call{{action: "secretsmanager:ListSecrets", resource: "*"}}, nil
	}
	uses, known := ofASecret[awsapi.JSONName(r)]
	if !known {
		return nil, errUnknown
	}
	in, err := body(r)
	if err != nil {
		return nil, err
	}
	c := call{
		action: "secretsmanager:" + awsapi.JSONName(r), resource: awsapi.Text(in, "SecretId"), context: iampolicy.Context{},
		absent: []string{"aws:resourcetag/", "secretsmanager:resourcetag/"},
	}
	for key, parameter := range map[string]string{"secretsmanager:SecretId": "SecretId", "secretsmanager:VersionId": "VersionId", "secretsmanager:VersionStage": "VersionStage"} {
		if value := awsapi.Text(in, parameter); value != "" {
			c.context[key] = []string{value}
		}
	}
	found, err := j.Account.Ask(r.Context(), j.Emulator, "secretsmanager", "secretsmanager.DescribeSecret", map[string]any{"SecretId": c.resource})
	if err != nil {
		return []call{c}, nil //nolint:nilerr // who may not ask for it is not told that it is not there
	}
	c.resource = awsapi.Text(found, "ARN")
	if c.policy, err = j.ofSecret(r.Context(), c.resource); err != nil {
		return nil, err
	}
	tags, _ := found["Tags"].([]any)
	for _, each := range tags {
		if tag, ok := each.(map[string]any); ok {
			for _, family := range []string{"aws:ResourceTag/", "secretsmanager:ResourceTag/"} {
				c.context[family+awsapi.Text(tag, "Key")] = []string{awsapi.Text(tag, "Value")}
			}
		}
	}
	calls := []call{c}
	if key := awsapi.Text(found, "KmsKeyId"); key != "" { // without one it is AWS's own, which everybody may use through the service
		for _, action := range uses {
			use, err := j.ofKey(r.Context(), key, action, "secretsmanager", "SecretARN", c.resource)
			if err != nil {
				return nil, err
			}
			calls = append(calls, use)
		}
	}
	return calls, nil
}

// ofSecret is the secret's own policy, if it has one.
func (j *Judge) ofSecret(ctx context.Context, arn string) ([]iampolicy.Document, error) {
	found, err := j.Account.Ask(ctx, j.Emulator, "secretsmanager", "secretsmanager.GetResourcePolicy", map[string]any{"SecretId": arn})
	if err != nil {
		return nil, fmt.Errorf("the policy of the secret %s: %w", arn, err)
	}
	text := awsapi.Text(found, "ResourcePolicy")
	if text == "" {
		return nil, nil
	}
	return named("policy of secret "+arn[strings.LastIndex(arn, ":")+1:], text)
}
