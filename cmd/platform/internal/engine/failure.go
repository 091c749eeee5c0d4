package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// Failure is an operation that the engine could not finish.
type Failure struct {
	Stack  string // its name; empty when none was open yet
	Action string // what was tried
	Said   string // what the engine wrote to its error stream
	Locked bool   // another run holds the stack
}

func (f *Failure) Error() string {
	if f.Locked {
		//page:failed-or-stuck-deploy
		return fmt.Sprintf("%s: another run is changing this stack%s: wait for it to end. Only if it died: `pulumi cancel --yes --stack %s`, "+
			"then repeat the command, which goes on where that run stopped (runbooks/failed-or-stuck-deploy.md)", f.Action, f.holder(), f.Stack)
	}
	if f.Said == "" {
		return f.Action + ": failed"
	}
	return f.Action + ": " + f.Said
}

// holder is who holds the stack, as a backend in a bucket or in files tells it; else nothing.
func (f *Failure) holder() string {
	const sign = "created by "
	for line := range strings.Lines(f.Said) {
		if i := strings.Index(line, sign); i >= 0 {
			return ", " + strings.TrimSpace(line[i:])
		}
	}
	return ""
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

// failure is the same for what was tried on an open stack.
func (s *Stack) failure(ctx context.Context, action string, err error, said string) error {
	err = failure(ctx, action, err, said)
	var failed *Failure
	if errors.As(err, &failed) {
		failed.Stack = s.Name()
	}
	return err
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
