// Command sample is the reference application: notes of tenants, by HTTP, with a worker. It shows what the platform gives an
// application, and what it asks of one. Package api says how it is run.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	_ "golang.org/x/crypto/x509roots/fallback" // the public authorities: an image has no others

	"github.com/genericcorp/platform/services/sample/internal/config"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := config.Run(ctx, os.Args[1:], os.Getenv); err != nil {
		slog.Error("stopped", "cause", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
	slog.Info("stopped")
}
