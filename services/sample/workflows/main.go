// Command workflows does the work of the reference application's workflows, which a server of Temporal remembers. It is a program of its
// own, because Temporal's library is larger than all of sample, which most environments run without it. Package api says how it is run.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	_ "golang.org/x/crypto/x509roots/fallback" // the public authorities: an image has no others

	"github.com/genericcorp/platform/services/sample/internal/config"
	"github.com/genericcorp/platform/services/sample/internal/notes"
	"github.com/genericcorp/platform/services/sample/internal/reminders"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := config.RunWorker(ctx, os.Getenv, func(service notes.Service) (config.Worker, func(context.Context) error, error) {
		w, err := reminders.New(os.Getenv, service)
		if err != nil {
			return nil, nil, err
		}
		return w, w.Ready, nil
	})
	if err != nil {
		slog.Error("stopped", "cause", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
	slog.Info("stopped")
}
