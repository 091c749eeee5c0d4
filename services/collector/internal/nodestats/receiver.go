// Package nodestats is a receiver of the collector: it asks the node's own kubelet each minute what the node and its pods use, and makes
// lines of it that CloudWatch makes metrics of. How many metrics that is does not depend on how many nodes, pods and tenants there are.
package nodestats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver"
	"go.uber.org/zap"

	"github.com/genericcorp/platform/services/collector/api"
)

// Config says which node it is.
type Config struct {
	Environment string        `mapstructure:"environment"`
	Cluster     string        `mapstructure:"cluster"`
	Node        string        `mapstructure:"node"`
	Address     string        `mapstructure:"address"` // of the kubelet, with or without a port
	Account     string        `mapstructure:"account"` // the folder of the pod's service account; Kubernetes' own when empty
	Interval    time.Duration `mapstructure:"interval"`
	Programs    []string      `mapstructure:"programs"` // with metrics of their own
}

// Validate implements the collector's check of its configuration.
func (c *Config) Validate() error {
	var problems []error
	if c.Environment == "" || c.Cluster == "" || c.Node == "" || c.Address == "" || c.Interval <= 0 {
		//page:none the component writes the configuration, and its test has the collector load it
		problems = append(problems, errors.New("expected environment, cluster, node, address and interval, got one that is empty"))
	}
	if len(c.Programs) > api.MostPrograms {
		//page:none the component writes the configuration, and its test has the collector load it
		problems = append(problems, fmt.Errorf("programs: got %d, expected %d or fewer: each has metrics that are paid for", len(c.Programs), api.MostPrograms))
	}
	return errors.Join(problems...)
}

// NewFactory makes the receiver known to the collector.
func NewFactory() receiver.Factory {
	return receiver.NewFactory(component.MustNewType("nodestats"), func() component.Config { return &Config{} },
		receiver.WithLogs(func(_ context.Context, set receiver.Settings, config component.Config, next consumer.Logs) (receiver.Logs, error) {
			settings, _ := config.(*Config) // what the factory makes
			return &stats{config: settings, next: next, log: set.Logger, restarts: counter{}}, nil
		}, component.StabilityLevelStable))
}

// everyPod is in how many minutes each pod has a line of its own.
const everyPod = 5

type stats struct {
	config   *Config
	next     consumer.Logs
	log      *zap.Logger
	kubelet  *kubelet
	restarts counter
	asked    int
	missing  bool // it was said that the kubelet does not know all

	stop context.CancelFunc
	done sync.WaitGroup
}

// Start begins to ask.
func (s *stats) Start(context.Context, component.Host) (err error) {
	if s.kubelet, err = newKubelet(s.config.Address, cmp.Or(s.config.Account, accountFolder)); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() {
		ticker := time.NewTicker(s.config.Interval)
		defer ticker.Stop()
		for {
			// A minute that is missing is not made up for: nobody needs what a node used then.
			if err := s.collect(ctx, time.Now()); err != nil && ctx.Err() == nil {
				s.log.Error("cannot say what the node uses", zap.Error(err))
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return nil
}

// Shutdown ends it.
func (s *stats) Shutdown(context.Context) error {
	if s.stop != nil {
		s.stop()
		s.done.Wait()
	}
	return nil
}

func (s *stats) collect(ctx context.Context, now time.Time) error {
	used, list, err := s.kubelet.ask(ctx)
	if err != nil {
		return err
	}
	n := nodeOf(used, runtime.NumCPU())
	if !s.missing && (n.CPUPercent == nil || n.MemoryPercent == nil || n.DiskPercent == nil) {
		s.missing = true
		s.log.Warn("the kubelet does not know all of its node", zap.Bool("cpu", n.CPUPercent != nil), zap.Bool("memory", n.MemoryPercent != nil), zap.Bool("disk", n.DiskPercent != nil))
	}
	lines, err := s.config.lines(now, n, podsOf(used, list, s.config.Programs, s.restarts), s.asked%everyPod == 0)
	s.asked++
	if err != nil {
		return err
	}
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, line := range lines {
		record := records.AppendEmpty()
		record.SetTimestamp(pcommon.NewTimestampFromTime(now))
		record.Body().SetStr(line)
	}
	return s.next.ConsumeLogs(ctx, logs)
}
