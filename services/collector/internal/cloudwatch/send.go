package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"

	"github.com/genericcorp/platform/services/collector/api"
	"github.com/genericcorp/platform/services/collector/internal/emf"
)

// client is what it asks of CloudWatch Logs.
type client interface {
	PutLogEvents(context.Context, *cloudwatchlogs.PutLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error)
	CreateLogStream(context.Context, *cloudwatchlogs.CreateLogStreamInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error)
}

// patience is how long one call may take.
const patience = 20 * time.Second

type sender struct {
	config *Config
	client client
	log    *zap.Logger
	first  time.Duration // the pause after the first try

	mu      sync.Mutex
	dropped loss
}

// loss is what was not sent, and not said yet.
type loss struct{ lines, bytes int }

func newSender(config *Config, client client, log *zap.Logger) *sender {
	return &sender{config: config, client: client, log: log, first: time.Second}
}

// push sends a batch. It returns no error but the end of ctx: what it drops it has tried for long enough.
func (s *sender) push(ctx context.Context, logs plog.Logs) error {
	for _, part := range requests(events(logs, time.Now())) {
		if err := s.send(ctx, part); err != nil {
			s.drop(len(part), bytesOf(part))
			s.log.Error("dropped lines", zap.String("group", s.config.Group), zap.Int("lines", len(part)), zap.Error(err))
		}
	}
	return ctx.Err()
}

func (s *sender) drop(lines, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped.lines += lines
	s.dropped.bytes += bytes
}

// send sends one request's lines, again and again until CloudWatch has them, refuses them, or it has taken too long. What was dropped
// before is said with the first that CloudWatch takes.
func (s *sender) send(ctx context.Context, lines []types.InputLogEvent) error {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.MaxInterval = s.first, 30*time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, s.put(ctx, lines) },
		backoff.WithBackOff(waits), backoff.WithMaxElapsedTime(s.config.GiveUpAfter))
	if err != nil {
		return err
	}
	s.mu.Lock()
	said := s.dropped
	s.dropped = loss{}
	s.mu.Unlock()
	if said.lines == 0 {
		return nil
	}
	notice, err := s.notice(said)
	if err == nil {
		err = s.put(ctx, []types.InputLogEvent{notice})
	}
	if err != nil { // with the next
		s.drop(said.lines, said.bytes)
	}
	return nil
}

func (s *sender) notice(said loss) (types.InputLogEvent, error) {
	now := time.Now()
	text, err := emf.Line(now, [][]string{{api.DimensionEnvironment}}, map[string]any{
		api.DimensionEnvironment: s.config.Environment, "node": s.config.Stream, "lines": said.lines, "message": "lines were dropped: CloudWatch did not take them in time",
	}, emf.Metric{Name: api.MetricLogBytesDropped, Unit: "Bytes", Value: float64(said.bytes)})
	return types.InputLogEvent{Message: aws.String(text), Timestamp: aws.Int64(now.UnixMilli())}, err
}

// put sends lines once. What can be mended by another try is an error that is not permanent.
func (s *sender) put(ctx context.Context, lines []types.InputLogEvent) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := s.client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: aws.String(s.config.Group), LogStreamName: aws.String(s.config.Stream), LogEvents: lines,
	})
	if err != nil {
		var missing *types.ResourceNotFoundException
		if errors.As(err, &missing) {
			return errors.Join(err, s.makeStream(ctx))
		}
		var invalid *types.InvalidParameterException
		if errors.As(err, &invalid) {
			return backoff.Permanent(err)
		}
		return err
	}
	if refused := refusedOf(out.RejectedLogEventsInfo, len(lines)); refused > 0 {
		s.drop(refused, 0)
		s.log.Error("CloudWatch refused lines for their time", zap.Int("lines", refused))
	}
	return nil
}

// makeStream makes the stream. The next try writes to it.
func (s *sender) makeStream(ctx context.Context) error {
	_, err := s.client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String(s.config.Group), LogStreamName: aws.String(s.config.Stream)})
	var there *types.ResourceAlreadyExistsException
	if err != nil && !errors.As(err, &there) {
		return fmt.Errorf("create stream %s of %s: %w", s.config.Stream, s.config.Group, err)
	}
	return nil
}

// refusedOf is how many lines were too old, expired or too new: those before one index, and from another on.
func refusedOf(info *types.RejectedLogEventsInfo, lines int) (refused int) {
	if info == nil {
		return 0
	}
	refused = int(max(aws.ToInt32(info.TooOldLogEventEndIndex), aws.ToInt32(info.ExpiredLogEventEndIndex)))
	if info.TooNewLogEventStartIndex != nil {
		refused += lines - int(*info.TooNewLogEventStartIndex)
	}
	return min(refused, lines)
}
