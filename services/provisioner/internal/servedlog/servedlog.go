// Package servedlog writes how tenants were served as lines of a log that CloudWatch makes metrics of, by its embedded metric format. The
// function needs no right for that, and a call to no other service.
package servedlog

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Log is what Lambda reads. It implements tenancy.Publisher.
type Log struct {
	Out         io.Writer
	Environment string
}

type metric struct {
	Name string
	Unit string
}

// Publish writes a line for each tier. CloudWatch may rarely count one twice.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (l Log) Publish(at time.Time, served []api.Served) error {
	for _, s := range served {
		line, err := json.Marshal(map[string]any{
			"_aws": map[string]any{
				"Timestamp": at.UnixMilli(),
				"CloudWatchMetrics": []any{map[string]any{
					"Namespace":  api.MetricNamespace,
					"Dimensions": [][]string{{api.DimensionEnvironment, api.DimensionTier}},
					"Metrics":    []metric{{api.MetricValid, "Count"}, {api.MetricFailed, "Count"}, {api.MetricSlow, "Count"}},
				}},
			},
			api.DimensionEnvironment: l.Environment, api.DimensionTier: s.Tier,
			api.MetricValid: s.Valid, api.MetricFailed: s.Failed, api.MetricSlow: s.Slow,
		})
		if err != nil {
			return fmt.Errorf("write how tier %s was served: %w", s.Tier, err)
		}
		if _, err := l.Out.Write(append(line, '\n')); err != nil { // one write: no other line gets between
			return fmt.Errorf("tell how tier %s was served: %w", s.Tier, err)
		}
	}
	return nil
}
