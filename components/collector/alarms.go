package collector

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
	"github.com/genericcorp/platform/services/collector/api"
)

// page is what whoever is called opens.
const page = "nodes-and-logs"

const (
	// fullPercent leaves time before the kubelet begins to end pods: it does when 100 MiB of memory, or a tenth of a disk, are left.
	// https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#hard-eviction-thresholds
	fullPercent     = 90
	diskFullPercent = 80
	// nearLimit is where a program's container is ended soon: memory is not taken back but by ending it.
	nearLimit = 90
	// mostRestarts in a quarter of an hour: a rollout ends pods, but restarts none.
	mostRestarts = 2
	// minutesHeard of five is how often each node must have been heard.
	minutesHeard = 3
)

// makeAlarms watches what the collectors publish, each over all nodes and programs: the lines say which it is.
func makeAlarms(ctx *pulumi.Context, name string, args *CollectorArgs, opts ...pulumi.ResourceOption) error {
	metric := func(kind alarm.Kind, metric, statistic string) alarm.Metric {
		return alarm.Metric{
			Kind: kind, Namespace: api.MetricNamespace, Name: metric, Statistic: statistic,
			Dimensions: pulumi.StringMap{api.DimensionEnvironment: pulumi.String(args.Environment)},
		}
	}
	for _, a := range []struct {
		suffix string
		args   alarm.Args
	}{
		{"blind", alarm.Args{
			Description: "Nobody sees what nodes and pods use, or what their containers log: collectors are silent on all nodes, or on some",
			Metric:      metric(alarm.Continuous, api.MetricTenantPods, "SampleCount"), // each node says it each minute, whatever its kubelet knows
			Bound:       alarm.Below, Threshold: float64(max(1, args.Nodes*minutesHeard)),
		}},
		{"node-memory", alarm.Args{
			Description: "A node's memory is nearly full: soon the kubelet ends pods",
			Metric:      metric(alarm.Events, api.MetricNodeMemory, "Maximum"), Bound: alarm.Above, Threshold: fullPercent,
		}},
		{"node-disk", alarm.Args{
			Description: "A node's disk is nearly full: soon the kubelet ends pods",
			Metric:      metric(alarm.Events, api.MetricNodeDisk, "Maximum"), Bound: alarm.Above, Threshold: diskFullPercent,
		}},
		{"node-cpu", alarm.Args{
			Description: "The nodes' processors have been busy for half an hour: pods get no more than they asked for",
			Metric:      metric(alarm.Events, api.MetricNodeCPU, "Average"), Bound: alarm.Above, Threshold: fullPercent, Minutes: 30,
		}},
		{"program-restarts", alarm.Args{
			Description: "A program of the platform is started again and again",
			Metric:      metric(alarm.Events, api.MetricProgramRestarts, "Sum"), Bound: alarm.Above, Threshold: mostRestarts, Minutes: 5,
		}},
		{"program-memory", alarm.Args{
			Description: "A program of the platform is near its limit of memory, at which it is ended",
			Metric:      metric(alarm.Events, api.MetricProgramMemory, "Maximum"), Bound: alarm.Above, Threshold: nearLimit,
		}},
		{"log-cut", alarm.Args{
			Description: "Containers log more than the budget of their node: lines are missing, and which they are the log says",
			Metric:      metric(alarm.Events, api.MetricLogBytesCut, "Sum"), Bound: alarm.Above, Threshold: 0,
		}},
		{"log-dropped", alarm.Args{
			Description: "Lines of containers are lost: CloudWatch did not take them in time",
			Metric:      metric(alarm.Events, api.MetricLogBytesDropped, "Sum"), Bound: alarm.Above, Threshold: 0, Minutes: 5,
		}},
	} {
		a.args.Page, a.args.TopicARN = page, args.AlarmTopicARN
		if _, err := alarm.New(ctx, name+"-"+a.suffix, &a.args, opts...); err != nil {
			return fmt.Errorf("create alarm %s: %w", a.suffix, err)
		}
	}
	return nil
}
