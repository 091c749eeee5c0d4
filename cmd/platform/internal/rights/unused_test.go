package rights_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/rights"
	"github.com/genericcorp/platform/internal/iampolicy"
)

// advisor makes its report while it is asked for the second time, on two pages.
type advisor struct {
	asked  int
	failed *types.ErrorDetails
	pages  [2][]types.ServiceLastAccessed
}

func (a *advisor) GenerateServiceLastAccessedDetails(_ context.Context, in *iam.GenerateServiceLastAccessedDetailsInput, _ ...func(*iam.Options)) (*iam.GenerateServiceLastAccessedDetailsOutput, error) {
	if *in.Arn != arn || in.Granularity != types.AccessAdvisorUsageGranularityTypeActionLevel {
		return nil, errors.New("unexpected question")
	}
	return &iam.GenerateServiceLastAccessedDetailsOutput{JobId: aws.String("job")}, nil
}

func (a *advisor) GetServiceLastAccessedDetails(_ context.Context, in *iam.GetServiceLastAccessedDetailsInput, _ ...func(*iam.Options)) (*iam.GetServiceLastAccessedDetailsOutput, error) {
	a.asked++
	switch {
	case a.asked == 1:
		return &iam.GetServiceLastAccessedDetailsOutput{JobStatus: types.JobStatusTypeInProgress}, nil
	case a.failed != nil:
		return &iam.GetServiceLastAccessedDetailsOutput{JobStatus: types.JobStatusTypeFailed, Error: a.failed}, nil
	case in.Marker == nil:
		return &iam.GetServiceLastAccessedDetailsOutput{JobStatus: types.JobStatusTypeCompleted, ServicesLastAccessed: a.pages[0], IsTruncated: true, Marker: aws.String("more")}, nil
	}
	return &iam.GetServiceLastAccessedDetailsOutput{JobStatus: types.JobStatusTypeCompleted, ServicesLastAccessed: a.pages[1]}, nil
}

func TestUses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	yesterday, long := now.AddDate(0, 0, -1), now.AddDate(0, 0, -200)
	document, err := iampolicy.Parse(`{"Version": "2012-10-17", "Statement": [{"Sid": "S", "Effect": "Allow", "Resource": "*", "Action": [
		"ec2:RunInstances", "ec2:StopInstances", "ec2:StartInstances", "ec2:Other", "ec2:Run*", "ec2:Stop*", "s3:GetObject", "rds:*", "kms:Decrypt", "budgets:ViewBudget", "*"]}]}`)
	require.NoError(t, err)
	document.Name = "policy p"
	role := rights.Role{ARN: arn, Policies: iampolicy.Policies{Identity: []iampolicy.Document{document}}}
	ofAWS := document
	ofAWS.Name, ofAWS.Statement = "AWS's policy q", []iampolicy.Statement{{Effect: iampolicy.Allow, Action: iampolicy.List{"sns:Publish"}, Resource: iampolicy.List{"*"}}}
	role.Policies.Identity = append(role.Policies.Identity, ofAWS)
	a := &advisor{pages: [2][]types.ServiceLastAccessed{
		{{ServiceNamespace: aws.String("ec2"), LastAuthenticated: &yesterday, TrackedActionsLastAccessed: []types.TrackedActionLastAccessed{
			{ActionName: aws.String("RunInstances"), LastAccessedTime: &yesterday}, {ActionName: aws.String("StopInstances"), LastAccessedTime: &long}, {ActionName: aws.String("StartInstances")},
		}}},
		{{ServiceNamespace: aws.String("s3")}, {ServiceNamespace: aws.String("rds"), LastAuthenticated: &long}, {ServiceNamespace: aws.String("kms"), LastAuthenticated: &yesterday}},
	}}
	found, err := role.Uses(t.Context(), a, now.AddDate(0, 0, -90))
	require.NoError(t, err)
	got := map[string]rights.Right{}
	for _, right := range found {
		require.Equal(t, right.Action == "sns:Publish", right.OfAWS, right.By)
		right.By = ""
		got[right.Action] = right
	}
	want := func(action string, use rights.Use, last *time.Time) {
		t.Helper()
		assert.Equal(t, rights.Right{Action: action, Use: use, Last: last}, got[action])
	}
	want("ec2:RunInstances", rights.Used, &yesterday)
	want("ec2:StopInstances", rights.Unused, &long)
	want("ec2:StartInstances", rights.Unused, nil)
	want("ec2:Other", rights.Untold, &yesterday)
	want("ec2:Run*", rights.Used, &yesterday)
	want("ec2:Stop*", rights.Untold, &yesterday) // it covers more than IAM follows
	want("s3:GetObject", rights.Unused, nil)     // nothing of S3 was asked for
	want("rds:*", rights.Unused, &long)
	want("kms:Decrypt", rights.Untold, &yesterday)
	want("budgets:ViewBudget", rights.Untold, nil) // IAM does not speak of the service
	want("*", rights.Untold, nil)
	assert.Equal(t, 3, a.asked)
}

func TestUsesOfAReportThatFails(t *testing.T) {
	t.Parallel()
	role := rights.Role{ARN: arn}
	_, err := role.Uses(t.Context(), &advisor{failed: &types.ErrorDetails{Code: aws.String("Busy"), Message: aws.String("try later")}}, time.Now())
	require.EqualError(t, err, "ask when role reader last asked for what it may: IAM's report failed: Busy: try later")
}
