// Package parts lists what the collector is made of: of the OpenTelemetry Collector only what reads files of containers, keeps its place in
// them, and bounds its memory.
package parts

import (
	"context"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/filelogreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/service/telemetry"
	"go.uber.org/zap"

	"github.com/genericcorp/platform/services/collector/internal/cloudwatch"
	"github.com/genericcorp/platform/services/collector/internal/guard"
	"github.com/genericcorp/platform/services/collector/internal/health"
	"github.com/genericcorp/platform/services/collector/internal/nodestats"
)

// Settings are those of a collector that reads its configuration from files.
func Settings(files ...string) otelcol.CollectorSettings {
	uris := make([]string, len(files))
	for i, file := range files {
		uris[i] = "file:" + file
	}
	return otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "collector", Description: "Sends what a node's containers log, and what they use, to CloudWatch", Version: "1"},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs: uris, ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory(), envprovider.NewFactory()}, DefaultScheme: "env",
		}},
	}
}

func factories() (otelcol.Factories, error) {
	all := otelcol.Factories{Telemetry: ownLog()}
	var err error
	if all.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](filelogreceiver.NewFactory(), nodestats.NewFactory()); err != nil {
		return all, err
	}
	if all.Processors, err = otelcol.MakeFactoryMap[processor.Factory](memorylimiterprocessor.NewFactory(), guard.NewFactory()); err != nil {
		return all, err
	}
	if all.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](cloudwatch.NewFactory()); err != nil {
		return all, err
	}
	all.Extensions, err = otelcol.MakeFactoryMap[extension.Factory](filestorage.NewFactory(), health.NewFactory())
	return all, err
}

// ownLog is all that the collector says of itself: warnings and errors, as JSON. It has neither metrics nor traces of its own: with the
// collector's usual ones come the SDKs of every cloud.
func ownLog() telemetry.Factory {
	return telemetry.NewFactory(func() component.Config { return &struct{}{} },
		telemetry.WithCreateLogger(func(context.Context, telemetry.LoggerSettings, component.Config) (*zap.Logger, component.ShutdownFunc, error) {
			config := zap.NewProductionConfig() // which samples what comes again and again
			config.Level = zap.NewAtomicLevelAt(zap.WarnLevel)
			config.DisableStacktrace, config.DisableCaller = true, true
			logger, err := config.Build()
			return logger, nil, err
		}))
}
