// Command collector runs on each node: it sends what the node's containers log to CloudWatch Logs, without secrets and within a budget, and
// what the node and its pods use as metrics. It is an OpenTelemetry Collector; internal/parts says of which parts. Its one argument is the
// file with its configuration, which package api writes.
package main

import (
	"context"
	"log/slog"
	"os"

	"go.opentelemetry.io/collector/otelcol"
	_ "golang.org/x/crypto/x509roots/fallback" // the public authorities: an image has no others

	"github.com/genericcorp/platform/services/collector/internal/parts"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if len(os.Args) != 2 {
		slog.Error("arguments: expected one, the file with the configuration", "got", len(os.Args)-1)
		os.Exit(2)
	}
	collector, err := otelcol.NewCollector(parts.Settings(os.Args[1]))
	if err == nil {
		err = collector.Run(context.Background()) // which hears SIGTERM
	}
	if err != nil {
		slog.Error("stopped", "cause", err)
		os.Exit(1)
	}
}
