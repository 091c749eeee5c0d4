package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMonitoring(t *testing.T) {
	proof := readinesstest.Prove(t, "monitoring", "local")
	c := testcloud.Shared(t)
	alarms, err := cloudwatch.NewFromConfig(c.AWS()).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	require.NoError(t, err)
	assert.NotEmpty(t, alarms.MetricAlarms)
	silent := 0
	for _, alarm := range alarms.MetricAlarms {
		if !assert.NotEmpty(t, alarm.AlarmActions, "alarm %s tells somebody", aws.ToString(alarm.AlarmName)) {
			silent++
		}
	}
	dashboards := observe.List(t, c, "aws:cloudwatch/dashboard:Dashboard")
	assert.Len(t, dashboards, 1)
	proof.Count("alarms", len(alarms.MetricAlarms))
	proof.Count("alarms that tell nobody", silent)
	proof.Count("dashboards", len(dashboards))
	trails, err := cloudtrail.NewFromConfig(c.AWS()).DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
	require.NoError(t, err)
	require.Len(t, trails.TrailList, 1)
	assert.True(t, aws.ToBool(trails.TrailList[0].LogFileValidationEnabled))
	assert.True(t, aws.ToBool(trails.TrailList[0].IsMultiRegionTrail))
	logs, err := cloudwatchlogs.NewFromConfig(c.AWS()).DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	require.NoError(t, err)
	assert.NotEmpty(t, logs.LogGroups)
	for _, group := range logs.LogGroups {
		assert.NotNil(t, group.RetentionInDays, "log group %s has a retention", aws.ToString(group.LogGroupName))
	}
	checkTopics(t, c)
}

// checkTopics asks who may publish to the topics, and whether the key that encrypts them lets those in. AWS refuses a
// budget whose topic it cannot use, and sends nothing where it cannot use the key.
func checkTopics(t *testing.T, c *testcloud.Cloud) {
	t.Helper()
	client, key := sns.NewFromConfig(c.AWS()), keyARN(t, c, "notifications")
	publishers := map[string]string{"Cost": `"budgets.amazonaws.com"`, "Alarms": `"cloudwatch.amazonaws.com"`}
	topics := observe.List(t, c, "aws:sns/topic:Topic")
	require.Len(t, topics, len(publishers))
	for _, arn := range topics {
		out, err := client.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: aws.String(arn)})
		require.NoError(t, err)
		name := out.Attributes["DisplayName"]
		require.Contains(t, publishers, name, arn)
		assert.Equal(t, key, out.Attributes["KmsMasterKeyId"], "topic %s is encrypted", name)
		policy := compact(t, out.Attributes["Policy"])
		assert.Contains(t, policy, publishers[name])
		assert.Contains(t, policy, `"aws:SourceAccount":"`+c.AccountID+`"`, "topic %s hears this account alone", name)
		if name == "Cost" {
			assert.Contains(t, policy, `"costalerts.amazonaws.com"`)
		}
		subscriptions, err := client.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(arn)})
		require.NoError(t, err)
		assert.NotEmpty(t, subscriptions.Subscriptions, "somebody hears topic %s", name)
	}
	policy, err := kms.NewFromConfig(c.AWS()).GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: aws.String(key), PolicyName: aws.String("default")})
	require.NoError(t, err)
	text := compact(t, aws.ToString(policy.Policy))
	for _, service := range []string{"budgets", "costalerts", "cloudwatch"} {
		assert.Contains(t, text, `"`+service+`.amazonaws.com"`, "the topics' key")
	}
}
