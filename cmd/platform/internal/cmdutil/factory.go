// Package cmdutil is what the commands of every noun are made with: the streams, the product and the project that they
// work on, and the few rules that all of them follow.
//
//page:none what was typed is wrong, and the message says what is right
package cmdutil

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/product"
	"github.com/genericcorp/platform/internal/printable"
)

// Factory is what a noun's package makes its commands from: `NewCommand(f *cmdutil.Factory) *cobra.Command`. Its fields are
// complete when a command runs, not before.
type Factory struct {
	product.Product

	In  io.Reader
	Out io.Writer // results: tables or one JSON document
	Err io.Writer // messages, progress and errors

	// Hard ends at the second Ctrl-C; the context of the command ends at the first.
	Hard context.Context
	// Idle is told by a command that has nothing in flight when it is interrupted.
	Idle func()
	// Folder is the project's, as -C names it; empty: it is looked for.
	Folder string
}

// Runner runs child processes that the second Ctrl-C kills.
func (f *Factory) Runner() process.Runner { return process.Runner{Hard: f.Hard} }

// Width is the number of columns of the terminal to which progress goes, and 0 when it goes elsewhere.
func (f *Factory) Width() int {
	file, ok := printable.Unwrap(f.Err).(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// Print writes a result for a person.
func (f *Factory) Print(text string) { _, _ = fmt.Fprintln(f.Out, text) }

// PrintJSON writes a result as one document.
func (f *Factory) PrintJSON(document any) error { return WriteJSON(f.Out, document) }

// Answer writes a result, as one JSON document or for a person.
func (f *Factory) Answer(asJSON bool, document any, text func() string) error {
	if asJSON {
		return f.PrintJSON(document)
	}
	f.Print(text())
	return nil
}

// WriteJSON writes one document.
func WriteJSON(to io.Writer, document any) error {
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
