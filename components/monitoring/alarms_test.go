package monitoring

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm"

func checkAlarms(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	cluster := map[string]any{"ClusterName": "platform-test"}
	want := map[string]struct {
		metric, statistic, silence string
		threshold, periods         float64
		period                     float64
		dimensions                 map[string]any
	}{
		"pods-unschedulable": {"AWS/EKS scheduler_pending_pods_UNSCHEDULABLE", "Sum", "breaching", 0, 3, 300, cluster},
		"api-failing":        {"AWS/EKS apiserver_request_total_5XX", "Sum", "notBreaching", 50, 3, 300, cluster},
		"cluster-store":      {"AWS/EKS apiserver_storage_size_bytes", "Maximum", "breaching", 6e9, 3, 300, cluster},
		"nodes-unpatched":    {"GenericCorp/Platform OldestNodeReleaseDays", "Maximum", "breaching", 30, 1, 86400, cluster},
		"alerts-undelivered": {"AWS/SNS NumberOfNotificationsFailed", "Sum", "notBreaching", 0, 1, 300, map[string]any{"TopicName": "alerts"}},
		"cost-undelivered":   {"AWS/SNS NumberOfNotificationsFailed", "Sum", "notBreaching", 0, 1, 300, map[string]any{"TopicName": "costs"}},
	}
	for suffix, w := range want {
		made := r.One(t, alarmType, "monitoring-"+suffix)
		namespace, metric, _ := strings.Cut(w.metric, " ")
		for path, value := range map[string]any{
			"namespace": namespace, "metricName": metric, "statistic": w.statistic, "threshold": w.threshold, "dimensions": w.dimensions,
			"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": w.periods, "period": w.period,
			"treatMissingData": w.silence,
		} {
			require.Equal(t, value, made.Value(t, path), suffix+" "+path)
		}
	}
	nat := r.One(t, alarmType, "monitoring-nat-ports")
	for path, value := range map[string]any{
		"metricQueries[0].expression": `SELECT SUM(ErrorPortAllocation) FROM SCHEMA("AWS/NATGateway", NatGatewayId)`,
		"metricQueries[0].returnData": true, "metricQueries[0].period": 300.0, "threshold": 0.0, "evaluationPeriods": 1.0,
		"comparisonOperator": "GreaterThanThreshold", "treatMissingData": "notBreaching",
	} {
		require.Equal(t, value, nat.Value(t, path), path)
	}
	require.Len(t, r.OfType(alarmType), len(want)+1)
	for _, made := range r.OfType(alarmType) { // warnings about money that get lost are told on the other way
		require.Equal(t, []any{"arn:aws:sns:us-east-1:123456789012:alerts"}, made.Value(t, "alarmActions"), made.Name)
		require.Equal(t, []any{"arn:aws:sns:us-east-1:123456789012:alerts"}, made.Value(t, "okActions"), made.Name)
	}
}
