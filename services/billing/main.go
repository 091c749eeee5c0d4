// Command billing is the Lambda function that brings Stripe to what the platform knows, and tenants to what they have paid. Its schedule and
// people call it with a request of package api, and API Gateway with Stripe's events. Outside of Lambda it does one request, that it reads as
// JSON from its standard input.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/genericcorp/platform/internal/stdincall"
	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/config"
	"github.com/genericcorp/platform/services/billing/internal/gateway"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: redact})))
	service, err := config.Service(context.Background(), os.Getenv)
	if os.Getenv(config.EnvLambda) == "" {
		os.Exit(once(os.Stdin, os.Stdout, err, service.Do))
	}
	if err != nil {
		// Told to whoever calls, as a function that does not start tells its cause to nobody.
		lambda.Start(func() error { return err })
		return
	}
	events := http.NewServeMux()
	events.Handle("POST "+api.WebhookPath, service.Webhook())
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (any, error) {
		if gateway.IsRequest(payload) {
			return gateway.Serve(ctx, events, payload)
		}
		return handle(ctx, payload, service.Do)
	})
}

// once does the one request that stands in the input. It gives the program's exit code.
func once(in io.Reader, out io.Writer, misconfigured error, do func(context.Context, api.Request) (api.Status, error)) int {
	return stdincall.Once("billing", in, out, misconfigured, func(ctx context.Context, payload []byte) (api.Status, error) {
		return handle(ctx, payload, do)
	})
}

// margin is kept of the function's time, to tell what could not be done.
const margin = 15 * time.Second

// handle does one request. It logs how it ended.
func handle(ctx context.Context, payload []byte, do func(context.Context, api.Request) (api.Status, error)) (api.Status, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	request, err := api.ParseRequest(payload)
	if err != nil {
		slog.Error("refused", "cause", err)
		return api.Status{}, err
	}
	began := time.Now()
	status, err := do(ctx, request)
	log := slog.With("action", request.Action, "milliseconds", time.Since(began).Milliseconds(), "done", len(status.Done), "findings", len(status.Findings))
	for _, finding := range status.Findings {
		slog.Warn("found", "kind", finding.Kind, "tenant", finding.Tenant, "subject", finding.Subject, "text", finding.Text)
	}
	if err != nil {
		log.Error("failed", "cause", err)
		return api.Status{}, err
	}
	log.Info("done")
	return status, nil
}
