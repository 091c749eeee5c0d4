// Package cloudwatch is an exporter of the collector: it sends lines to a log group of CloudWatch Logs, tries again while CloudWatch is
// away, for a time, and says what it had to drop.
package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// Config says where lines go. Region and credentials are those of the AWS SDK's default chain.
type Config struct {
	Environment string        `mapstructure:"environment"`
	Region      string        `mapstructure:"region"`
	Group       string        `mapstructure:"group"`         // of CloudWatch Logs, which is there
	Stream      string        `mapstructure:"stream"`        // made where it is not there
	GiveUpAfter time.Duration `mapstructure:"give_up_after"` // when a batch is dropped

	Queue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"queue"`
}

// Validate implements the collector's check of its configuration.
func (c *Config) Validate() error {
	if c.Environment == "" || c.Region == "" || c.Group == "" || c.Stream == "" || c.GiveUpAfter <= 0 {
		//page:none the component writes the configuration, and its test has the collector load it
		return errors.New("expected environment, region, group, stream and give_up_after, got one that is empty")
	}
	return nil
}

// NewFactory makes the exporter known to the collector.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(component.MustNewType("cloudwatchlogs"),
		func() component.Config {
			return &Config{Queue: configoptional.Some(exporterhelper.NewDefaultQueueConfig())}
		},
		exporter.WithLogs(create, component.StabilityLevelStable))
}

func create(ctx context.Context, set exporter.Settings, given component.Config) (exporter.Logs, error) {
	settings, _ := given.(*Config) // what the factory makes
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(settings.Region))
	if err != nil {
		return nil, fmt.Errorf("load the configuration of AWS: %w", err)
	}
	s := newSender(settings, cloudwatchlogs.NewFromConfig(loaded), set.Logger)
	// Its own tries take the place of the helper's, which does not say what it drops.
	return exporterhelper.NewLogs(ctx, set, settings, s.push, exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{}), exporterhelper.WithQueue(settings.Queue))
}
