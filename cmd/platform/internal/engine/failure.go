package engine

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// Failure is an operation that the engine could not finish.
type Failure struct {
	Action string // what was tried
	Said   string // what the engine wrote to its error stream
	Locked bool   // another run holds the stack
}

func (f *Failure) Error() string {
	if f.Locked {
		return f.Action + ": another run is changing this stack; wait for it, or run `pulumi cancel` if it died"
	}
	if f.Said == "" {
		return f.Action + ": failed"
	}
	return f.Action + ": " + f.Said
}

// failure makes an error of the Automation API readable: it drops the copies of whole output streams that
// the API puts into its message. An interruption is returned as what caused it.
func failure(ctx context.Context, action string, err error, said string) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if said == "" {
		said = errorLines(err.Error())
	}
	return &Failure{Action: action, Said: strings.TrimSpace(said), Locked: auto.IsConcurrentUpdateError(err)}
}

// errorLines picks from the API's message the lines in which the engine names an error, or else all of it.
func errorLines(message string) string {
	var lines []string
	for line := range strings.Lines(message) {
		if _, text, ok := strings.Cut(line, "error: "); ok {
			lines = append(lines, strings.TrimSpace(text))
		}
	}
	if len(lines) == 0 {
		return message
	}
	return strings.Join(lines, "\n")
}
