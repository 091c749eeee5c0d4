// Package exit is the one table of the command's exit codes: an error says which it ends the command with.
package exit

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Code is an exit code of the command.
type Code int

// The exit codes.
const (
	OK          Code = 0
	Failed      Code = 1
	Usage       Code = 2
	Changes     Code = 3
	NoTenant    Code = 4
	Interrupted Code = 130
)

// meanings are the table that the help of every command shows.
var meanings = []struct {
	code    Code
	meaning string
}{
	{OK, "done"},
	{Failed, "failed"},
	{Usage, "wrong arguments, settings or files (nothing was started)"},
	{Changes, "preview --expect-no-changes found changes"},
	{NoTenant, "no such tenant"},
	{Interrupted, "interrupted"},
}

// Table is the list of exit codes for a person.
func Table() string {
	var entries []string
	for _, m := range meanings {
		entries = append(entries, fmt.Sprintf("%d %s", m.code, m.meaning))
	}
	return "Exit codes: " + strings.Join(entries, ", ") + "."
}

// coded is an error that knows its exit code.
type coded interface{ ExitCode() Code }

// with gives an error an exit code.
type with struct {
	error
	code Code
}

func (w *with) ExitCode() Code { return w.code }

// Unwrap returns the error without its code.
func (w *with) Unwrap() error { return w.error }

// With gives an error an exit code; nil stays nil.
func With(code Code, err error) error {
	if err == nil {
		return nil
	}
	return &with{err, code}
}

// UsageError marks an error as a mistake in the arguments, the settings or a file that they name.
func UsageError(err error) error { return With(Usage, err) }

// Usagef is UsageError of a message.
func Usagef(format string, args ...any) error { return UsageError(fmt.Errorf(format, args...)) }

// Of returns the exit code of the command that ends with this error.
func Of(err error) Code {
	var known coded
	switch {
	case err == nil:
		return OK
	case errors.As(err, &known):
		return known.ExitCode()
	case errors.Is(err, context.Canceled):
		return Interrupted
	default:
		return Failed
	}
}
