// Command secretfiles runs beside a workload, in its pod and in its role, and keeps the secrets that its arguments name as files.
// Package api says how it is run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	_ "golang.org/x/crypto/x509roots/fallback" // the public authorities: an image has no others

	"github.com/genericcorp/platform/services/secretfiles/api"
	"github.com/genericcorp/platform/services/secretfiles/internal/keeper"
)

// every is how long a file may be behind its secret. A call costs USD 0.05 for 10,000 (AWS Secrets Manager pricing, 2026-11), so a
// file about USD 0.22 a month and pod. A family costs that for each hundred secrets, however many change.
const every = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "secretfiles:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

func run(ctx context.Context, arguments []string) error {
	wanted, err := api.Parse(arguments)
	if err != nil {
		return err
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load the credentials: %w", err)
	}
	k := &keeper.Keeper{Folder: api.Folder, Wanted: wanted, Secrets: secretsmanager.NewFromConfig(aws), Every: every}
	return k.Run(ctx, fmt.Sprintf(":%d", api.Port))
}
