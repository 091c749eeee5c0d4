package costexplorer

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

func TestAnomalyMonitorLivesAndDies(t *testing.T) {
	t.Parallel()
	client := api.NewFromConfig(awsapitest.Config(t, New(awsapitest.Account, func() string { return "" }, awsapitest.Unreachable(t))))
	made, err := client.CreateAnomalyMonitor(t.Context(), &api.CreateAnomalyMonitorInput{
		AnomalyMonitor: &types.AnomalyMonitor{MonitorName: aws.String("m"), MonitorType: "DIMENSIONAL", MonitorDimension: "SERVICE"},
		ResourceTags:   []types.ResourceTag{{Key: aws.String("owner"), Value: aws.String("platform")}},
	})
	require.NoError(t, err)
	one := &api.GetAnomalyMonitorsInput{MonitorArnList: []string{aws.ToString(made.MonitorArn)}}
	list, err := client.GetAnomalyMonitors(t.Context(), one)
	require.NoError(t, err)
	require.Equal(t, "m", aws.ToString(list.AnomalyMonitors[0].MonitorName))
	tags, err := client.ListTagsForResource(t.Context(), &api.ListTagsForResourceInput{ResourceArn: made.MonitorArn})
	require.NoError(t, err)
	require.Equal(t, "platform", aws.ToString(tags.ResourceTags[0].Value))
	_, err = client.DeleteAnomalyMonitor(t.Context(), &api.DeleteAnomalyMonitorInput{MonitorArn: made.MonitorArn})
	require.NoError(t, err)
	_, err = client.GetAnomalyMonitors(t.Context(), one)
	var missing *types.UnknownMonitorException
	require.ErrorAs(t, err, &missing)
}

// Only the account that pays has cost allocation tags.
func TestCostAllocationTags(t *testing.T) {
	t.Parallel()
	payer := awsapitest.Account.ID
	client := api.NewFromConfig(awsapitest.Config(t, New(awsapitest.Account, func() string { return payer }, awsapitest.Unreachable(t))))
	activate := &api.UpdateCostAllocationTagsStatusInput{CostAllocationTagsStatus: []types.CostAllocationTagStatusEntry{
		{TagKey: aws.String("tenant"), Status: types.CostAllocationTagStatusActive},
	}}
	_, err := client.UpdateCostAllocationTagsStatus(t.Context(), activate)
	require.NoError(t, err)
	list, err := client.ListCostAllocationTags(t.Context(), &api.ListCostAllocationTagsInput{Status: types.CostAllocationTagStatusActive})
	require.NoError(t, err)
	require.Len(t, list.CostAllocationTags, 1)

	payer = "999999999999"
	_, err = client.UpdateCostAllocationTagsStatus(t.Context(), activate)
	require.ErrorContains(t, err, "Linked account doesn't have access to cost allocation tags")
	_, err = client.ListCostAllocationTags(t.Context(), &api.ListCostAllocationTagsInput{})
	require.ErrorContains(t, err, "Linked account doesn't have access to cost allocation tags")
}
