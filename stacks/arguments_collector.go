package stacks

import (
	"github.com/genericcorp/platform/components/collector"
)

// collectorImages are those of which an environment has the repositories where the collector is enabled.
var collectorImages = []string{"collector"}

// makeCollector makes what the collectors send to, and the alarms on it.
func (e *environment) makeCollector() (err error) {
	if !e.Workloads.Collector.Enabled {
		return nil
	}
	args := e.collectorArgs()
	args.LogKeyARN = e.keys.Logs
	args.AlarmTopicARN = e.alerts.TopicARN
	e.collector, err = collector.NewCollector(e.ctx, "collector", args)
	return err
}

func (s *EnvironmentSettings) collectorArgs() *collector.CollectorArgs {
	args := &collector.CollectorArgs{Environment: s.Environment, LogRetentionDays: s.Workloads.Collector.LogRetentionDays}
	for _, group := range s.Cluster.NodeGroups {
		args.Nodes += group.Min
	}
	return args
}

// makeCollector runs the collectors.
func (w *workloads) makeCollector() error {
	if !w.Collector.Enabled {
		return nil
	}
	_, err := collector.NewPods(w.ctx, "collector", w.collectorArgs(w.site), w.options...)
	return err
}

func (s InClusterSettings) collectorArgs(at site) *collector.PodsArgs {
	return &collector.PodsArgs{
		Environment: at.environment, Cluster: at.cluster, Region: at.region, Account: at.account, Image: at.reference(s.Collector.Image),
		NodeKiBPerMinute: s.Collector.NodeKiBPerMinute, ContainerKiBPerMinute: s.Collector.ContainerKiBPerMinute, Programs: s.watched(),
	}
}

// watched are the programs that have metrics of their own: the edge's proxy, then the company's in the order of the settings, up to as many as
// have a price. The others count together.
func (s InClusterSettings) watched() (names []string) {
	if s.Edge.Enabled {
		names = append(names, "edge-proxy")
	}
	for _, program := range s.Programs {
		if len(names) < collector.MostPrograms {
			names = append(names, program.Name)
		}
	}
	return names
}
