// Command temporalnamespace makes a namespace of a server of Temporal, or changes how long it keeps what has ended. It can be repeated.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// patience is how long a server that has just started may refuse.
const patience = 5 * time.Minute

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	address := flag.String("address", "", "host and port of the server")
	name := flag.String("namespace", "", "the namespace")
	days := flag.Int("retention-days", 7, "how long it keeps what has ended")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := apply(ctx, *address, *name, time.Duration(*days)*24*time.Hour); err != nil {
		slog.Error("failed", "namespace", *name, "cause", err)
		os.Exit(1) //nolint:gocritic // what is deferred ends with the program
	}
	slog.Info("done", "namespace", *name, "retentionDays", *days)
}

// apply makes the namespace as asked, and again until the server takes it or the context ends.
func apply(ctx context.Context, address, name string, retention time.Duration) error {
	server, err := client.NewNamespaceClient(client.Options{HostPort: address, Logger: slog.Default()})
	if err != nil {
		return err
	}
	defer server.Close()
	for {
		err := once(ctx, server, name, retention)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Second):
		}
	}
}

func once(ctx context.Context, server client.NamespaceClient, name string, retention time.Duration) error {
	err := server.Register(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, Description: "The platform's own workflows", WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if !errors.As(err, &exists) {
		return err
	}
	return server.Update(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: name, Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
}
