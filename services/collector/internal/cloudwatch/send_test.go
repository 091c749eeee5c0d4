package cloudwatch

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"pgregory.net/rapid"
)

// store has the rules of the API's reference that matter here.
type store struct {
	mu       sync.Mutex
	streams  map[string]bool
	messages []string
	away     int // how many calls fail
	wrong    bool
	rejected *types.RejectedLogEventsInfo
}

func (s *store) PutLogEvents(_ context.Context, in *cloudwatchlogs.PutLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong {
		return nil, &types.InvalidParameterException{}
	}
	if s.away > 0 {
		s.away--
		return nil, errors.New("away")
	}
	if !s.streams[*in.LogStreamName] {
		return nil, &types.ResourceNotFoundException{}
	}
	if err := checkRequest(in.LogEvents); err != nil {
		return nil, err
	}
	for _, event := range in.LogEvents {
		s.messages = append(s.messages, *event.Message)
	}
	return &cloudwatchlogs.PutLogEventsOutput{RejectedLogEventsInfo: s.rejected}, nil
}

func (s *store) CreateLogStream(_ context.Context, in *cloudwatchlogs.CreateLogStreamInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[*in.LogStreamName] {
		return nil, &types.ResourceAlreadyExistsException{}
	}
	s.streams = map[string]bool{*in.LogStreamName: true}
	return nil, nil
}

func checkRequest(list []types.InputLogEvent) error {
	bytes := 0
	for i, event := range list {
		bytes += len(*event.Message) + 26
		if i > 0 && *event.Timestamp < *list[i-1].Timestamp {
			return errors.New("not in the order of time")
		}
	}
	span := *list[len(list)-1].Timestamp - *list[0].Timestamp
	if bytes > 1_048_576 && len(list) > 1 || len(list) > 10_000 || span > (24*time.Hour).Milliseconds() {
		return errors.New("too much for one request")
	}
	return nil
}

func sending(s *store, giveUp time.Duration) *sender {
	made := newSender(&Config{Environment: "prod", Group: "group", Stream: "node-1", GiveUpAfter: giveUp}, s, zap.NewNop())
	made.first = time.Millisecond
	return made
}

func batch(lines ...string) plog.Logs {
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for i, line := range lines {
		record := records.AppendEmpty()
		record.SetTimestamp(pcommon.NewTimestampFromTime(time.Now().Add(-time.Duration(i) * time.Second)))
		record.Body().SetStr(line)
	}
	return logs
}

func TestMakesItsStreamAndTriesAgain(t *testing.T) {
	t.Parallel()
	s := &store{away: 3}
	require.NoError(t, sending(s, time.Minute).push(t.Context(), batch("second", "first")))
	assert.Equal(t, []string{"first", "second"}, s.messages)
}

// What CloudWatch did not take in time is dropped, which is said when it takes something again.
func TestSaysWhatItDrops(t *testing.T) {
	t.Parallel()
	s := &store{away: 1_000_000}
	sender := sending(s, 20*time.Millisecond)
	require.NoError(t, sender.push(t.Context(), batch("lost", "lost, too")))
	s.away = 0
	require.NoError(t, sender.push(t.Context(), batch("arrives")))
	require.Len(t, s.messages, 2)
	assert.Equal(t, "arrives", s.messages[0])
	for _, part := range []string{`"lines":2`, `"LogBytesDropped":13`, `"Environment":"prod"`, `"_aws"`} {
		assert.Contains(t, s.messages[1], part)
	}
	require.NoError(t, sender.push(t.Context(), batch("again")))
	assert.Len(t, s.messages, 3, "once")
}

func TestWhatIsWrongIsTriedOnce(t *testing.T) {
	t.Parallel()
	s := &store{wrong: true}
	sender := sending(s, time.Hour) // which the test does not last
	require.NoError(t, sender.push(t.Context(), batch("wrong")))
	assert.Equal(t, loss{1, 5}, sender.dropped)
}

func TestRefusedForTheirTime(t *testing.T) {
	t.Parallel()
	s := &store{rejected: &types.RejectedLogEventsInfo{TooOldLogEventEndIndex: aws.Int32(1), TooNewLogEventStartIndex: aws.Int32(2)}}
	assert.Equal(t, 2, refusedOf(s.rejected, 3))
	assert.Zero(t, refusedOf(nil, 3))
}

// Whatever a batch has, its requests are such as the API takes, and nothing is missing.
func TestRequestsAreWithinLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300_000)
	rapid.Check(t, func(t *rapid.T) {
		var list []types.InputLogEvent
		at := int64(0)
		for range rapid.IntRange(0, 60).Draw(t, "lines") {
			at += rapid.Int64Range(0, 10*time.Hour.Milliseconds()).Draw(t, "later")
			list = append(list, types.InputLogEvent{Message: aws.String(long[:rapid.IntRange(1, len(long)).Draw(t, "length")]), Timestamp: aws.Int64(at)})
		}
		total := 0
		for _, part := range requests(list) {
			if err := checkRequest(part); err != nil {
				t.Fatal(err)
			}
			total += len(part)
		}
		if total != len(list) {
			t.Fatalf("%d of %d lines", total, len(list))
		}
	})
}
