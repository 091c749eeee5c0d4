// Command report is the Lambda function that mails an environment's morning report. Its requests and responses are defined in package api.
// Outside of Lambda it does one call, that it reads as JSON from its standard input.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/genericcorp/platform/internal/stdincall"
	"github.com/genericcorp/platform/services/report/api"
	"github.com/genericcorp/platform/services/report/internal/config"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	service, err := config.Service(context.Background(), os.Getenv)
	do := func(ctx context.Context, request api.Request) (api.Response, error) {
		if err != nil { // told to whoever calls, as a function that does not start tells its cause to nobody
			return api.Response{}, err
		}
		return service.Do(ctx, request)
	}
	if os.Getenv(config.EnvLambda) == "" {
		os.Exit(once(os.Stdin, os.Stdout, do))
	}
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (api.Response, error) {
		return handle(ctx, payload, do)
	})
}

// doer does a request.
type doer func(context.Context, api.Request) (api.Response, error)

// once does the one call that stands in the input, and gives the program's exit code.
func once(in io.Reader, out io.Writer, do doer) int {
	return stdincall.Once("report", in, out, nil, func(ctx context.Context, payload []byte) (api.Response, error) {
		return handle(ctx, payload, do)
	})
}

// margin is kept of the function's time, to tell the cause.
const margin = 10 * time.Second

// handle does one call, and logs how it ended.
func handle(ctx context.Context, payload []byte, do doer) (response api.Response, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	began := time.Now()
	request, err := api.Parse(payload)
	if err == nil {
		response, err = do(ctx, request)
	}
	if err != nil {
		slog.Error("failed", "cause", err.Error(), "sent", response.Sent, "milliseconds", time.Since(began).Milliseconds())
		return api.Response{}, err
	}
	slog.Info("done", "sent", response.Sent, "milliseconds", time.Since(began).Milliseconds())
	return response, nil
}
