package cloudwatch

import (
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// A composite alarm's whole life, by AWS's own client.
func TestCompositeAlarms(t *testing.T) {
	t.Parallel()
	emulator := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := awsapi.Form(r)
		assert.NoError(t, err)
		name := in.Get("AlarmNames.member.1")
		if name != "long" && name != "short" {
			name = "another"
		}
		_, _ = io.WriteString(w, `<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult><MetricAlarms><member><AlarmName>`+name+
			`</AlarmName></member></MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>`)
	})
	client := cloudwatch.NewFromConfig(awsapitest.Config(t, New(awsapitest.Account, emulator)))
	put := func(rule string, actions ...string) error {
		_, err := client.PutCompositeAlarm(t.Context(), &cloudwatch.PutCompositeAlarmInput{
			AlarmName: aws.String("both"), AlarmRule: aws.String(rule), AlarmDescription: aws.String("why"), AlarmActions: actions,
			Tags: []types.Tag{{Key: aws.String("owner"), Value: aws.String("platform")}},
		})
		return err
	}
	require.ErrorContains(t, put("TRUE"), "is about no alarm")
	require.ErrorContains(t, put(`ALARM("long") AND ALARM("gone")`), "does not exist: gone")
	require.NoError(t, put(`ALARM("long") AND ALARM("short")`, "topic"))
	described := func() []types.CompositeAlarm {
		out, err := client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"both"}, AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm}})
		require.NoError(t, err)
		return out.CompositeAlarms
	}
	_, err := client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm, types.AlarmTypeMetricAlarm}})
	require.ErrorContains(t, err, "one type at a time")
	found := described()
	require.Len(t, found, 1)
	assert.Equal(t, `ALARM("long") AND ALARM("short")`, *found[0].AlarmRule)
	assert.Equal(t, []string{"topic"}, found[0].AlarmActions)
	assert.True(t, *found[0].ActionsEnabled)
	tags := func() (list []string) {
		out, err := client.ListTagsForResource(t.Context(), &cloudwatch.ListTagsForResourceInput{ResourceARN: found[0].AlarmArn})
		require.NoError(t, err)
		for _, tag := range out.Tags {
			list = append(list, *tag.Key+"="+*tag.Value)
		}
		return list
	}
	assert.Equal(t, []string{"owner=platform"}, tags())
	_, err = client.TagResource(t.Context(), &cloudwatch.TagResourceInput{ResourceARN: found[0].AlarmArn, Tags: []types.Tag{{Key: aws.String("cost"), Value: aws.String("1")}}})
	require.NoError(t, err)
	require.NoError(t, put(`ALARM("long")`))
	assert.Equal(t, []string{"cost=1", "owner=platform"}, tags(), "they outlive a change")
	_, err = client.UntagResource(t.Context(), &cloudwatch.UntagResourceInput{ResourceARN: found[0].AlarmArn, TagKeys: []string{"cost"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"owner=platform"}, tags())
	_, err = client.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"both", "long"}})
	require.ErrorContains(t, err, "deleted alone")
	_, err = client.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"both"}})
	require.NoError(t, err)
	assert.Empty(t, described())
	out, err := client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"long"}})
	require.NoError(t, err)
	assert.Len(t, out.MetricAlarms, 1, "the emulator's")
}
