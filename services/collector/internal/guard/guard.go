package guard

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"

	"github.com/genericcorp/platform/services/collector/api"
	"github.com/genericcorp/platform/services/collector/internal/budget"
	"github.com/genericcorp/platform/services/collector/internal/emf"
)

const (
	// oldest is how long before the collector began a line may be written: a new one reads the files from their beginning.
	oldest = 5 * time.Minute
	// notices is how often it is said what was cut.
	notices = time.Minute
	// billed is what CloudWatch adds to each event: https://aws.amazon.com/cloudwatch/pricing/
	billed = 26
)

type guard struct {
	config *Config
	next   consumer.Logs
	log    *zap.Logger
	now    func() time.Time
	since  time.Time
	budget *budget.Budget

	stop context.CancelFunc
	done sync.WaitGroup
}

func newGuard(config *Config, next consumer.Logs, log *zap.Logger) *guard {
	now := time.Now()
	return &guard{
		config: config, next: next, log: log, now: time.Now, since: now.Add(-oldest),
		budget: budget.New(config.NodeBytesPerMinute, config.ContainerBytesPerMinute, now),
	}
}

// Start begins to say what is cut.
func (g *guard) Start(context.Context, component.Host) error {
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	g.done.Go(func() {
		ticker := time.NewTicker(notices)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				g.notice(ctx)
			}
		}
	})
	return nil
}

// Shutdown says what was cut last.
func (g *guard) Shutdown(ctx context.Context) error {
	if g.stop != nil {
		g.stop()
		g.done.Wait()
		g.notice(ctx)
	}
	return nil
}

// Capabilities implements consumer.Logs.
func (g *guard) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

// ConsumeLogs replaces lines by their events, and removes those that are not to be sent.
func (g *guard) ConsumeLogs(ctx context.Context, logs plog.Logs) error {
	for _, resource := range logs.ResourceLogs().All() {
		from := container(resource.Resource().Attributes())
		for _, scope := range resource.ScopeLogs().All() {
			scope.LogRecords().RemoveIf(func(record plog.LogRecord) bool { return !g.pass(from, record) })
		}
	}
	if logs.LogRecordCount() == 0 {
		return nil
	}
	return g.next.ConsumeLogs(ctx, logs)
}

func (g *guard) pass(from budget.Container, record plog.LogRecord) bool {
	line := record.Body().AsString()
	if line == "" || record.Timestamp() != 0 && record.Timestamp().AsTime().Before(g.since) {
		return false
	}
	stream := ""
	if value, there := record.Attributes().Get("log.iostream"); there {
		stream = value.AsString()
	}
	text, err := g.eventOf(from, stream, line)
	if err != nil {
		g.log.Error("cannot write an event", zap.Error(err)) // not the line, which may have a secret
		return false
	}
	if !g.budget.Take(from, len(text)+billed, g.now()) {
		return false
	}
	record.Attributes().Clear() // nobody reads them, and they wait in memory
	record.Body().SetStr(text)
	return true
}

// notice says what was cut, in the log where it is missing, and as a metric.
func (g *guard) notice(ctx context.Context) {
	now := g.now()
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for from, cut := range g.budget.Cuts(now) {
		fields := map[string]any{
			api.DimensionEnvironment: g.config.Environment, "cluster": g.config.Cluster, "node": g.config.Node, "namespace": from.Namespace,
			"pod": from.Pod, "container": from.Name, "lines": cut.Lines, "message": "the log was cut: it is above the budget",
		}
		if from.Tenant != "" {
			fields["tenant"] = from.Tenant
		}
		text, err := emf.Line(now, [][]string{{api.DimensionEnvironment}}, fields, emf.Metric{Name: api.MetricLogBytesCut, Unit: "Bytes", Value: float64(cut.Bytes)})
		if err != nil {
			g.log.Error("cannot say what was cut", zap.Error(err))
			continue
		}
		record := records.AppendEmpty()
		record.SetTimestamp(pcommon.NewTimestampFromTime(now))
		record.Body().SetStr(text)
	}
	if records.Len() == 0 {
		return
	}
	if err := g.next.ConsumeLogs(ctx, logs); err != nil {
		g.log.Error("cannot say what was cut", zap.Error(err))
	}
}
