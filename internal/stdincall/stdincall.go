// Package stdincall has a Lambda function's program do one call outside of Lambda, as people and tests run it.
package stdincall

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Once does the one call that stands in the input, writes its response to the output as JSON, and gives the program's exit code. A program
// that is misconfigured reads nothing. It ends early when it is interrupted.
func Once[Response any](program string, in io.Reader, out io.Writer, misconfigured error, handle func(context.Context, []byte) (Response, error)) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := misconfigured
	if err == nil {
		var payload []byte
		if payload, err = io.ReadAll(in); err == nil {
			var response Response
			if response, err = handle(ctx, payload); err == nil {
				err = json.NewEncoder(out).Encode(response)
			}
		}
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, program+":", err)
		return 1
	}
	return 0
}
