// Package emf writes lines that CloudWatch makes metrics of, by its embedded metric format. The collector needs no right for that.
package emf

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/genericcorp/platform/services/collector/api"
)

// Metric is a value, and what it is in.
type Metric struct {
	Name  string
	Unit  string // "Percent", "Bytes", "Count" or "None"
	Value float64
}

type definition struct{ Name, Unit string }

// Line is a line with the metrics, by each of the sets of dimensions. Fields are the dimensions' values and whatever else the line says;
// none makes a metric. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func Line(at time.Time, dimensions [][]string, fields map[string]any, metrics ...Metric) (string, error) {
	line, definitions := maps.Clone(fields), make([]definition, len(metrics))
	for i, m := range metrics {
		line[m.Name], definitions[i] = m.Value, definition{m.Name, m.Unit}
	}
	if len(metrics) > 0 {
		line["_aws"] = map[string]any{
			"Timestamp":         at.UnixMilli(),
			"CloudWatchMetrics": []any{map[string]any{"Namespace": api.MetricNamespace, "Dimensions": dimensions, "Metrics": definitions}},
		}
	}
	text, err := json.Marshal(line)
	return string(text), err
}
