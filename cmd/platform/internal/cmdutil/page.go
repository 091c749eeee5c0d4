package cmdutil

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// Page is the flag --html of a command whose result may be a page: the file that it is written into, or ToStdout; empty: no page is asked for.
type Page string

// ToStdout stands for standard output where a file is named.
const ToStdout Page = "-"

// AddFlag adds --html beside --json. What says what is written, as "a page".
func (p *Page) AddFlag(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar((*string)(p), "html", "", "write "+what+" to this file and nothing else; - is standard output")
}

// Check refuses what cannot be written, before the page takes its time.
func (p *Page) Check(cmd *cobra.Command) error {
	wrong := []error{OnlyOne(cmd, "json", "html"), RequireFolder("--html", string(*p))}
	if cmd.Flags().Changed("html") && *p == "" {
		wrong = append(wrong, exit.Usagef("--html: got %q, expected a file, or - for standard output", *p))
	}
	return errors.Join(wrong...)
}

// AnswerPage writes a result as the page, if one is asked for, and else as Answer does.
func (f *Factory) AnswerPage(p Page, page func() (string, error), asJSON bool, document any, text func() string) error {
	if p == "" {
		return f.Answer(asJSON, document, text)
	}
	html, err := page()
	if err != nil {
		return err
	}
	if p == ToStdout {
		f.Print(html)
		return nil
	}
	if err := os.WriteFile(string(p), []byte(html), 0o600); err != nil {
		return exit.Usagef("--html: %w", err)
	}
	return nil
}
