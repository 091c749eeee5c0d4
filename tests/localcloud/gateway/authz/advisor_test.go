package authz_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/authz"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// IAM's client reads when a role last asked for an action; refused ones count, as they do on AWS.
func TestWhenARoleLastAsked(t *testing.T) {
	t.Parallel()
	const pods = "arn:aws:iam::123456789012:role/bounded/pods"
	config, judge := (&account{policy: own, keyPolicy: toAccount}).of(t)
	require.NoError(t, read(t, config, "acme"))
	client := iamOf(t, judge)
	job, err := client.GenerateServiceLastAccessedDetails(t.Context(), &iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String(pods), Granularity: types.AccessAdvisorUsageGranularityTypeActionLevel})
	require.NoError(t, err)
	told, err := client.GetServiceLastAccessedDetails(t.Context(), &iam.GetServiceLastAccessedDetailsInput{JobId: job.JobId})
	require.NoError(t, err)
	assert.Equal(t, types.JobStatusTypeCompleted, told.JobStatus)
	used := map[string]bool{}
	for _, service := range told.ServicesLastAccessed {
		for _, action := range service.TrackedActionsLastAccessed {
			used[*service.ServiceNamespace+":"+*action.ActionName] = action.LastAccessedTime != nil
		}
	}
	assert.True(t, used["secretsmanager:GetSecretValue"])
	asked, listed := used["s3:PutObject"]
	assert.Equal(t, []bool{false, true}, []bool{asked, listed}, "it may, and has not asked")

	job, err = client.GenerateServiceLastAccessedDetails(t.Context(), &iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String(pods)})
	require.NoError(t, err)
	told, err = client.GetServiceLastAccessedDetails(t.Context(), &iam.GetServiceLastAccessedDetailsInput{JobId: job.JobId})
	require.NoError(t, err)
	for _, service := range told.ServicesLastAccessed {
		assert.Empty(t, service.TrackedActionsLastAccessed, "of services alone")
	}

	_, err = client.GetServiceLastAccessedDetails(t.Context(), &iam.GetServiceLastAccessedDetailsInput{JobId: aws.String("0f8fad5b-d9cb-469f-a165-70867728950e")})
	require.ErrorAs(t, err, new(*types.NoSuchEntityException))
	_, err = client.GenerateServiceLastAccessedDetails(t.Context(), &iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String(pods + "-gone")})
	require.ErrorAs(t, err, new(*types.NoSuchEntityException))
	_, err = client.GenerateServiceLastAccessedDetails(t.Context(), &iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String(pods), Granularity: "RESOURCE_LEVEL"})
	require.ErrorContains(t, err, "failed to satisfy constraint")
	_, err = client.GenerateServiceLastAccessedDetails(t.Context(), &iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String("arn:aws:iam::123456789012:user/somebody")})
	require.ErrorContains(t, err, "the local cloud tells of roles")
}

func iamOf(t *testing.T, judge *authz.Judge) *iam.Client {
	t.Helper()
	return iam.NewFromConfig(awsapitest.Config(t, http.Handler(authz.NewAdvisor(judge))))
}
