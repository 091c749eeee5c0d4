package podaccess_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/eks"
	"github.com/genericcorp/platform/tests/localcloud/gateway/podaccess"
)

const own = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/*",
	"Condition": {"StringEquals": {"aws:ResourceTag/kubernetes-namespace": "${aws:PrincipalTag/kubernetes-namespace}"}}}]}`

// emulator has one secret for each tenant, and one role, whose policy is own.
func emulator(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		form = nil // JSON
	}
	switch {
	case strings.Contains(string(body), "missing"):
		awsapi.WriteError(w, r, awsapi.BadRequest("ResourceNotFoundException", "Secrets Manager can't find the specified secret."))
	case awsapi.JSONName(r) == "DescribeSecret":
		tenant := strings.Split(string(body), `"`)[3]
		_, _ = fmt.Fprintf(w, `{"ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/%s", "Tags": [{"Key": "kubernetes-namespace", "Value": "tenant-%[1]s"}]}`, tenant)
	case form.Get("Action") == "ListRolePolicies":
		_, _ = io.WriteString(w, `<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>own</member></PolicyNames></ListRolePoliciesResult></ListRolePoliciesResponse>`)
	case form.Get("Action") == "GetRolePolicy" && form.Get("RoleName") == "pods":
		_, _ = fmt.Fprintf(w, `<GetRolePolicyResponse><GetRolePolicyResult><PolicyDocument>%s</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>`, url.QueryEscape(own))
	default:
		_, _ = io.WriteString(w, `{"SecretString": "it"}`)
	}
}

// What a pod may ask for, by AWS's own clients.
func TestPodsAreEvaluated(t *testing.T) {
	t.Parallel()
	access := podaccess.Access{Account: awsapitest.Account, Emulator: http.HandlerFunc(emulator)}
	session := eks.Session{Role: "arn:aws:iam::123456789012:role/bounded/pods", Name: "eks-tenant-acme-tenant", Tags: map[string]string{"kubernetes-namespace": "tenant-acme"}}
	config := awsapitest.Config(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := access.Check(r, session); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
		emulator(w, r)
	}))
	secrets := secretsmanager.NewFromConfig(config)
	got, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("acme")})
	require.NoError(t, err)
	assert.Equal(t, "it", aws.ToString(got.SecretString))
	for _, id := range []string{"globex", "missing"} {
		_, err = secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
		require.ErrorContains(t, err, "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/bounded/pods/eks-tenant-acme-tenant is not authorized to perform: "+
			"secretsmanager:GetSecretValue on resource: ")
	}
	_, err = secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("acme"), SecretString: aws.String("x")})
	require.ErrorContains(t, err, "AccessDeniedException")
	_, err = secrets.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	require.ErrorContains(t, err, "AccessDeniedException")
	_, err = s3.NewFromConfig(config).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	require.ErrorContains(t, err, "StatusCode: 403")
}
