// Command provisioner is the Lambda function that creates, changes, archives and deletes tenants in the environment's
// database. Its requests and responses are defined in package api. Outside of Lambda it does one request, of any size, that
// it reads as JSON from its standard input.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/genericcorp/platform/internal/stdincall"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/config"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	provisioner, err := config.Provisioner(context.Background(), os.Getenv)
	if os.Getenv(config.EnvLambda) == "" {
		os.Exit(once(os.Stdin, os.Stdout, err, provisioner.Do))
	}
	if err != nil {
		// Told to whoever calls, as a function that does not start tells its cause to nobody.
		lambda.Start(func() error { return err })
		return
	}
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (api.Response, error) {
		response, err := handle(ctx, payload, provisioner.Do)
		return response, coded(err)
	})
}

// once does the one request that stands in the input, where no function's time ends it: an archive, a restore or a removal of
// any size, on a machine that reaches the database. It gives the program's exit code.
func once(in io.Reader, out io.Writer, misconfigured error, do func(context.Context, api.Request) (api.Response, error)) int {
	return stdincall.Once("provisioner", in, out, misconfigured, func(ctx context.Context, payload []byte) (api.Response, error) {
		return handle(ctx, payload, do)
	})
}

// coded gives Lambda an error's code as its type, which would be the name of a Go type.
func coded(err error) error {
	if code := api.CodeOf(err); code != "" {
		return messages.InvokeResponse_Error{Message: err.Error(), Type: string(code)}
	}
	return err
}

// margin is kept of the function's time, to give back what was taken for a while and to tell the cause.
const margin = 25 * time.Second

// handle does one call. It logs what was asked and how it ended, and nothing of what was read or written.
func handle(ctx context.Context, payload []byte, do func(context.Context, api.Request) (api.Response, error)) (api.Response, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	request, err := api.Parse(payload)
	log := slog.With("action", request.Action, "tenant", request.Tenant)
	if err != nil {
		log.Error("refused", "cause", err)
		return api.Response{}, err
	}
	began := time.Now()
	response, err := do(ctx, request)
	if err == nil && request.Declared && response.Unfinished != nil {
		//page:none it says what to do
		err = fmt.Errorf("%s tenant %s: the function had no time to do all: run the command again, which goes on (%s: %d of %d MiB)",
			request.Action, request.Tenant, response.Unfinished.Doing, response.Unfinished.Done>>20, response.Unfinished.Total>>20)
	}
	if err != nil {
		log.Error("failed", "cause", err, "milliseconds", time.Since(began).Milliseconds())
		return api.Response{}, err
	}
	log.Info("done", "milliseconds", time.Since(began).Milliseconds(), "problems", response.Problems, "warnings", response.Warnings)
	return response, nil
}
