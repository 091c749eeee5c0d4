// Command gate decides for the proxy at the edge whose a request is and whether it may pass, and counts what tenants use. Package api
// says how it is run.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	_ "golang.org/x/crypto/x509roots/fallback" // the public authorities: an image has no others

	"github.com/genericcorp/platform/services/gate/internal/config"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := config.Run(ctx, os.Getenv); err != nil {
		slog.Error("stopped", "cause", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
	slog.Info("stopped")
}
