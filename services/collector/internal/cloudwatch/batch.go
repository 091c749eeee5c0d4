package cloudwatch

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"go.opentelemetry.io/collector/pdata/plog"
)

// What a request takes. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const (
	mostBytes   = 1_048_576
	eachBytes   = 26 // counted for each event beside its message
	mostEvents  = 10_000
	longestSpan = 24 * time.Hour
)

// events are a batch's, in the order of time. A line that says no time has that at which it was read.
func events(logs plog.Logs, now time.Time) (list []types.InputLogEvent) {
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				at := record.Timestamp().AsTime()
				if record.Timestamp() == 0 {
					at = now
				}
				list = append(list, types.InputLogEvent{Message: aws.String(record.Body().AsString()), Timestamp: aws.Int64(at.UnixMilli())})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b types.InputLogEvent) int { return cmp.Compare(*a.Timestamp, *b.Timestamp) })
	return list
}

// requests splits events into as many as one request takes.
func requests(list []types.InputLogEvent) (parts [][]types.InputLogEvent) {
	begin, bytes := 0, 0
	for i, event := range list {
		size := len(*event.Message) + eachBytes
		tooLong := *event.Timestamp-*list[begin].Timestamp >= longestSpan.Milliseconds()
		if i > begin && (bytes+size > mostBytes || i-begin == mostEvents || tooLong) {
			parts, begin, bytes = append(parts, list[begin:i]), i, 0
		}
		bytes += size
	}
	if len(list) > 0 {
		parts = append(parts, list[begin:])
	}
	return parts
}

func bytesOf(list []types.InputLogEvent) (bytes int) {
	for _, event := range list {
		bytes += len(*event.Message)
	}
	return bytes
}
