package collector_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/collector"
	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/services/collector/api"
)

var image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform-prod/collector@sha256:" + strings.Repeat("a", 64)

func args() *collector.CollectorArgs {
	return &collector.CollectorArgs{
		Environment: "prod", LogRetentionDays: 30, Nodes: 6, LogKeyARN: pulumi.String("arn:key"), AlarmTopicARN: pulumi.String("arn:topic"),
	}
}

func pods() *collector.PodsArgs {
	return &collector.PodsArgs{
		Environment: "prod", Cluster: "platform-prod", Region: pulumitest.Region, Account: pulumitest.Account, Image: image, NodeKiBPerMinute: 96, ContainerKiBPerMinute: 24, Programs: []string{"api"},
	}
}

func made(t *testing.T) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if _, err := collector.NewCollector(ctx, "collector", args()); err != nil {
			return err
		}
		_, err := collector.NewPods(ctx, "pods", pods())
		return err
	})
}

func TestGroupsAreEncryptedAndEnd(t *testing.T) {
	t.Parallel()
	r := made(t)
	for name, want := range map[string]struct {
		group string
		days  float64
	}{"collector-containers": {"/platform/prod/containers", 30}, "collector-nodes": {"/platform/prod/nodes", 7}} {
		group := r.One(t, "aws:cloudwatch/logGroup:LogGroup", name)
		assert.Equal(t, want.group, group.Value(t, "name"))
		assert.Equal(t, want.days, group.Value(t, "retentionInDays"))
		assert.Equal(t, "arn:key", group.Value(t, "kmsKeyId"))
	}
}

// Every metric that an alarm reads is published, silence of all is told, and so is that of some: each node is heard each minute.
func TestAlarms(t *testing.T) {
	t.Parallel()
	alarms := made(t).OfType("aws:cloudwatch/metricAlarm:MetricAlarm")
	require.Len(t, alarms, 8)
	for _, found := range alarms {
		assert.Equal(t, api.MetricNamespace, found.Value(t, "namespace"), found.Name)
		assert.Equal(t, map[string]any{"Environment": "prod"}, found.Value(t, "dimensions"), found.Name)
		assert.Contains(t, found.Value(t, "alarmDescription"), "Runbook: runbooks/nodes-and-logs.md", found.Name)
		assert.Equal(t, found.Name == "collector-blind", found.Value(t, "treatMissingData") == "breaching", found.Name)
		if found.Name == "collector-blind" {
			assert.Equal(t, 18.0, found.Value(t, "threshold"))
			assert.Equal(t, "SampleCount", found.Value(t, "statistic"))
		}
	}
}

func TestRoleWritesLinesAlone(t *testing.T) {
	t.Parallel()
	r := made(t)
	policy := fmt.Sprint(r.One(t, "aws:iam/rolePolicy:RolePolicy", "pods").Value(t, "policy"))
	assert.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Sid": "WriteLines", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
		"Resource": ["arn:aws:logs:us-east-1:123456789012:log-group:/platform/prod/containers:*", "arn:aws:logs:us-east-1:123456789012:log-group:/platform/prod/nodes:*"]}]}`, policy)
	assert.Equal(t, []any{"nodes/stats", "nodes/pods"}, r.One(t, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "pods").Value(t, "rules[0].resources"))
	trust := fmt.Sprint(r.One(t, "aws:iam/role:Role", "pods").Value(t, "assumeRolePolicy"))
	assert.Contains(t, trust, `"aws:RequestTag/kubernetes-namespace":["platform-collector"]`)
}

func TestPods(t *testing.T) {
	t.Parallel()
	r := made(t)
	set := r.One(t, "kubernetes:apps/v1:DaemonSet", "pods")
	const spec = "spec.template.spec."
	for path, want := range map[string]any{
		"securityContext.runAsNonRoot": true, "securityContext.runAsUser": 65532.0, "securityContext.runAsGroup": 0.0,
		"tolerations[0].operator": "Exists", "priorityClassName": "platform-critical",
		"containers[0].securityContext.readOnlyRootFilesystem": true, "containers[0].resources.limits.memory": "150Mi", "containers[0].image": image,
		"volumes[1].hostPath.path": "/var/log/pods", "containers[0].volumeMounts[1].readOnly": true, "containers[0].volumeMounts[1].name": "logs",
	} {
		assert.Equal(t, want, set.Value(t, spec+path), path)
	}
	files := r.One(t, "kubernetes:core/v1:ConfigMap", "pods")
	data, _ := files.Value(t, "data").(map[string]any)
	text, _ := data[api.ConfigFile].(string)
	require.True(t, json.Valid([]byte(text)))
	assert.Contains(t, text, `"node_bytes_per_minute": 98304`)
	assert.Contains(t, text, `"container_bytes_per_minute": 24576`)
	assert.Equal(t, "privileged", r.One(t, "kubernetes:core/v1:Namespace", "pods").Value(t, `metadata.labels["pod-security.kubernetes.io/enforce"]`))
	policy := r.One(t, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "pods-calls")
	assert.Equal(t, 10250.0, policy.Value(t, "spec.egress[2].ports[0].port"))
	for _, p := range r.OfType("kubernetes:networking.k8s.io/v1:NetworkPolicy") {
		assert.False(t, p.Has("spec.ingress"), "nobody calls it: %s", p.Name)
	}
}

func TestMistakesAreReported(t *testing.T) {
	t.Parallel()
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := collector.NewCollector(ctx, "it", nil)
		return err
	})
	for _, input := range []string{"environment", "logRetentionDays", "logKeyArn", "alarmTopicArn"} {
		require.ErrorContains(t, err, `collector "it": `+input)
	}
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := collector.NewPods(ctx, "it", &collector.PodsArgs{ContainerKiBPerMinute: 2, NodeKiBPerMinute: 1, Programs: make([]string, 13)})
		return err
	})
	for _, input := range []string{"environment", "region", "account", "image", "cluster", "programs: got 13, expected 12 or fewer", "containerKiBPerMinute: got 2, expected 1 to nodeKiBPerMinute"} {
		require.ErrorContains(t, err, `collector pods "it": `+input)
	}
}
