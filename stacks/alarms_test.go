package stacks

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// documented is what AWS says of a metric.
type documented struct {
	continuous bool // a value at every interval while what it measures lives; otherwise only when something happened
	seconds    int  // between two values
}

// metrics are all that alarms read. These pages of AWS's documentation tell of them; only that of EKS was read again, on 2026-11-28:
//   - Amazon RDS, "CloudWatch metrics for Amazon RDS": each minute
//   - Amazon ElastiCache, "Metrics for Valkey and Redis OSS": each node's, in periods of 60 seconds
//   - Amazon EKS, "Monitor cluster data with Amazon CloudWatch": a frequency of one minute
//   - Amazon EC2, "CloudWatch metrics that are available for your instances": status checks each minute
//   - AWS Lambda, "Types of metrics": only for functions that are called, in periods of one minute
//   - Amazon API Gateway, "Work with metrics for HTTP APIs": of APIs that are called, each minute
//   - Amazon SES, "Retrieving Amazon SES event data from CloudWatch": a count of those mails that something happened to
//   - Amazon SNS, "Monitoring topics using CloudWatch": only of topics that send, every five minutes
//   - Amazon CloudWatch Logs, "Monitoring with CloudWatch metrics": of a group that receives something, the sum, each minute
//   - Elastic Load Balancing, "CloudWatch metrics for your Network Load Balancer": each minute; healthy hosts while there are targets,
//     rejected flows always, errors and blocked flows when there are any
//   - AWS Certificate Manager, "Supported CloudWatch metrics": days to expiry, until the certificate expires; counted as one value a day
//   - Amazon VPC, "Monitor NAT gateways with CloudWatch": each minute; here over all gateways, whichever there are
//
// A counter of errors says nothing while there are none, or says zero: both mean that all is well.
var metrics = map[string]documented{
	"AWS/RDS CPUUtilization":            {true, 60},
	"AWS/RDS FreeStorageSpace":          {true, 60},
	"AWS/RDS FreeableMemory":            {true, 60},
	"AWS/RDS DatabaseConnections":       {true, 60},
	"AWS/RDS MaximumUsedTransactionIDs": {true, 60},
	"AWS/RDS DiskQueueDepth":            {true, 60},

	"AWS/ElastiCache EngineCPUUtilization":          {true, 60},
	"AWS/ElastiCache DatabaseMemoryUsagePercentage": {true, 60},
	"AWS/ElastiCache Evictions":                     {true, 60},
	"AWS/ElastiCache CurrConnections":               {true, 60},

	"AWS/EKS scheduler_pending_pods_UNSCHEDULABLE": {true, 60},
	"AWS/EKS apiserver_storage_size_bytes":         {true, 60},
	"AWS/EKS apiserver_request_total_5XX":          {false, 60},

	"AWS/EC2 StatusCheckFailed": {true, 60},

	"GenericCorp/Platform OldestNodeReleaseDays": {true, 24 * 60 * 60}, // ours: by the workflow drift, each night

	"AWS/Lambda AsyncEventsDropped": {false, 60},
	"AWS/Lambda Throttles":          {false, 60},

	"AWS/ApiGateway 5xx": {false, 60},

	"AWS/Logs IncomingBytes": {false, 60},

	"AWS/NetworkELB HealthyHostCount":                           {true, 60},
	"AWS/NetworkELB ClientTLSNegotiationErrorCount":             {false, 60},
	"AWS/NetworkELB RejectedFlowCount":                          {false, 60},
	"AWS/NetworkELB SecurityGroupBlockedFlowCount_Outbound_TCP": {false, 60},

	"AWS/CertificateManager DaysToExpiry": {true, 24 * 60 * 60},

	"AWS/SES Bounce": {false, 60},

	"AWS/SNS NumberOfNotificationsFailed": {false, 300},

	"GenericCorp/Served Valid":  {true, 60}, // ours: by the sweep, twice a minute
	"GenericCorp/Served Failed": {true, 60},
	"GenericCorp/Served Slow":   {true, 60},

	"GenericCorp/Cluster TenantPods":           {true, 60},  // ours: by the collector of each node
	"GenericCorp/Cluster NodeCPUPercent":       {false, 60}, // of what the kubelet knows, and silence is told by the one above
	"GenericCorp/Cluster NodeMemoryPercent":    {false, 60},
	"GenericCorp/Cluster NodeDiskPercent":      {false, 60},
	"GenericCorp/Cluster ProgramMemoryPercent": {false, 60},
	"GenericCorp/Cluster ProgramRestarts":      {false, 60},
	"GenericCorp/Cluster LogBytesCut":          {false, 60},
	"GenericCorp/Cluster LogBytesDropped":      {false, 60},

	`SELECT SUM(ErrorPortAllocation) FROM SCHEMA("AWS/NATGateway", NatGatewayId)`: {false, 60},
}

// CloudWatch evaluates at most a day.
const maxSeconds = 24 * 60 * 60

// TestAlarmsKnowTheirMetrics: of every alarm of every environment, silence means what it means for its metric, and no period
// is shorter than the time between two values.
func TestAlarmsKnowTheirMetrics(t *testing.T) {
	t.Parallel()
	for _, e := range environments.All() {
		alarms := planOf(t, e.Name, withLoadBalancer, withBilling, withCollector).OfType("aws:cloudwatch/metricAlarm:MetricAlarm")
		require.NotEmpty(t, alarms)
		for _, found := range alarms {
			checkAlarm(t, e.Name+" "+found.Name, found)
		}
	}
}

func checkAlarm(t *testing.T, name string, found pulumitest.Resource) {
	t.Helper()
	if !found.Has("alarmActions") {
		checkPart(t, name, found)
		return
	}
	var metric, path string
	if found.Has("metricQueries") {
		metric, path = fmt.Sprint(found.Value(t, "metricQueries[0].expression")), "metricQueries[0].period"
	} else {
		metric, path = fmt.Sprintf("%v %v", found.Value(t, "namespace"), found.Value(t, "metricName")), "period"
	}
	facts, known := metrics[metric]
	if !assert.True(t, known, "%s: %s is not in this test's table: read what AWS says of it", name, metric) {
		return
	}
	want := "notBreaching"
	if facts.continuous {
		want = "breaching"
	}
	assert.Equal(t, want, found.Value(t, "treatMissingData"), "%s: what the silence of %s means", name, metric)
	period, _ := found.Value(t, path).(float64)
	periods, _ := found.Value(t, "evaluationPeriods").(float64)
	assert.Positive(t, period, name)
	assert.Zero(t, int(period)%facts.seconds, "%s: %s has a value every %d seconds", name, metric, facts.seconds)
	assert.LessOrEqual(t, period*periods, float64(maxSeconds), name)
}

// checkPart checks an alarm that tells nobody by itself. Its silence is never trouble, which another alarm on the same metric must tell.
func checkPart(t *testing.T, name string, found pulumitest.Resource) {
	t.Helper()
	assert.Equal(t, "notBreaching", found.Value(t, "treatMissingData"), name)
	assert.Equal(t, 1.0, found.Value(t, "evaluationPeriods"), name)
	queries, _ := found.Value(t, "metricQueries").([]any)
	require.NotEmpty(t, queries, name)
	for i := 1; i < len(queries); i++ {
		of := fmt.Sprintf("metricQueries[%d].metric.", i)
		metric := fmt.Sprintf("%v %v", found.Value(t, of+"namespace"), found.Value(t, of+"metricName"))
		facts, known := metrics[metric]
		assert.True(t, known && facts.continuous, "%s: %s", name, metric)
		period, _ := found.Value(t, of+"period").(float64)
		assert.Zero(t, int(period)%max(facts.seconds, 1), name)
		assert.LessOrEqual(t, period, float64(maxSeconds), name)
	}
}
