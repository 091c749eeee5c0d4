// Package guard is a processor of the collector: it makes of each line that a container logs an event that says where it is from, without
// secrets, within the node's budget.
package guard

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
)

// Config says whose lines they are, and how many bytes a minute may pass, on average.
type Config struct {
	Environment             string `mapstructure:"environment"`
	Cluster                 string `mapstructure:"cluster"`
	Node                    string `mapstructure:"node"`
	NodeBytesPerMinute      int    `mapstructure:"node_bytes_per_minute"`
	ContainerBytesPerMinute int    `mapstructure:"container_bytes_per_minute"`
}

// Validate implements the collector's check of its configuration.
func (c *Config) Validate() error {
	var problems []error
	if c.Environment == "" || c.Cluster == "" || c.Node == "" {
		//page:none the component writes the configuration, and its test has the collector load it
		problems = append(problems, errors.New("environment, cluster and node: got one that is empty, expected their names"))
	}
	if c.ContainerBytesPerMinute <= 0 || c.NodeBytesPerMinute < c.ContainerBytesPerMinute {
		//page:none the component writes the configuration, and its test has the collector load it
		problems = append(problems, errors.New("bytes per minute: expected some for a container, and no fewer for the node"))
	}
	return errors.Join(problems...)
}

// NewFactory makes the processor known to the collector.
func NewFactory() processor.Factory {
	return processor.NewFactory(component.MustNewType("guard"), func() component.Config { return &Config{} },
		processor.WithLogs(func(_ context.Context, set processor.Settings, config component.Config, next consumer.Logs) (processor.Logs, error) {
			settings, _ := config.(*Config) // what the factory makes
			return newGuard(settings, next, set.Logger), nil
		}, component.StabilityLevelStable))
}
