package cli

import (
	"context"
	"errors"

	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// The exit codes of the command.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2   // wrong arguments or wrong settings; nothing was started
	exitChanges     = 3   // preview --expect-no-changes found changes
	exitNoTenant    = 4   // there is no such tenant
	exitInterrupted = 130 // Ctrl-C
)

// usageError is a mistake in the command line.
type usageError struct{ error }

// errChanges says that a preview found changes where none were expected.
var errChanges = errors.New("the stack is not as its settings say")

func exitCode(err error) int {
	var usage usageError
	var settings *local.SettingsError
	var missing *tenant.MissingError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.As(err, &settings):
		return exitUsage
	case errors.As(err, &missing):
		return exitNoTenant
	case errors.Is(err, errChanges):
		return exitChanges
	case errors.Is(err, process.ErrInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		return exitFailed
	}
}
