package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/policies/policyconfig"
)

// costQuestion is what `platform cost` is asked.
type costQuestion struct {
	target
	file, against, settings, usage string
	form                           costForm
	output                         string
	check                          bool
}

// costForm is how the answer is written.
type costForm struct{ all, json, markdown, html bool }

// errRefused says that the policy pack would refuse the stack for its cost.
var errRefused = errors.New("the stack must not be deployed at this cost")

func (a *app) costCommand() *cobra.Command {
	var q costQuestion
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "Show what a stack costs a month, and what a change would make of it",
		Long: `Show what a stack costs a month at AWS list prices: fixed parts, assumed usage, its limit and what
is left of it. The amounts and the limit are those by which the policy pack refuses.

Without --file the stack's state is read: that of the local cloud, or with --stack dev or prod that
of your own backend. With --file it is a document that the engine wrote, and no engine is needed:
  pulumi preview --json --show-sames   also tells what the deployment changes
  pulumi stack export                  what is deployed`,
		Example: `  platform cost                                   # of the local cloud's environment
  platform cost --stack prod --html --output cost.html
  platform cost --file preview.json --markdown    # for the comment on a pull request
  platform cost --file after.json --against before.json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmdutil.NoArgs(cmd, args); err != nil {
				return err
			}
			if err := cmdutil.OnlyOne(cmd, "json", "markdown", "html"); err != nil {
				return err
			}
			if err := cmdutil.OnlyOne(cmd, "file", "stack"); err != nil {
				return err
			}
			return a.cost(cmd.Context(), q)
		},
	}
	q.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&q.file, "file", "", "a preview or a state that the engine wrote as JSON; - is standard input")
	flags.StringVar(&q.against, "against", "", "an earlier preview or state: show the difference to it")
	flags.StringVar(&q.settings, "settings", "", "the stack's configuration (default Pulumi.<stack>.yaml of the repository)")
	flags.StringVar(&q.usage, "usage", "", "a file with amounts of usage that are known better than the assumed ones")
	flags.BoolVar(&q.form.all, "all", false, "list every resource, change and assumption")
	flags.BoolVar(&q.form.json, "json", false, "print one JSON document")
	flags.BoolVar(&q.form.markdown, "markdown", false, "print a comment for a pull request")
	flags.BoolVar(&q.form.html, "html", false, "print a page with charts that needs nothing else")
	flags.StringVarP(&q.output, "output", "o", "", "write to this file instead of standard output")
	flags.BoolVar(&q.check, "check", false, "fail when the policy pack would refuse the stack for its cost")
	cmd.AddCommand(a.refreshCommand())
	return cmd
}

func (a *app) cost(ctx context.Context, q costQuestion) error {
	document, err := a.document(ctx, q)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	t, err := a.terms(q, document, now)
	if err != nil {
		return err
	}
	statement := cost.State(document, t, now)
	if q.against != "" {
		earlier, err := readDocument(q.against)
		if err != nil {
			return err
		}
		statement = statement.Against(earlier, document, t)
	}
	if err := a.write(statement, q.form, q.output); err != nil {
		return err
	}
	if q.check && statement.Verdict.Level == cost.Refused {
		return errRefused
	}
	return nil
}

// document reads what the question is about.
func (a *app) document(ctx context.Context, q costQuestion) (cost.Document, error) {
	if q.file != "" {
		return readDocument(q.file)
	}
	if err := q.target.check(); err != nil {
		return cost.Document{}, err
	}
	stack, err := a.deployed(ctx, q.target)
	if err != nil {
		return cost.Document{}, err
	}
	resources, err := stack.Resources(ctx)
	if err != nil {
		return cost.Document{}, err
	}
	document := cost.FromState(resources)
	document.Stack = cmp.Or(document.Stack, q.stack)
	return document, nil
}

func readDocument(file string) (cost.Document, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(os.Stdin)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return cost.Document{}, fmt.Errorf("read the document: %w", err)
	}
	document, err := cost.Read(data)
	if err != nil {
		return cost.Document{}, fmt.Errorf("%s: %w", file, err)
	}
	return document, nil
}

// terms are those of the stack, with the usage that the question knows better.
func (a *app) terms(q costQuestion, document cost.Document, now time.Time) (policyconfig.Config, error) {
	settings := q.settings
	if settings == "" {
		root, err := a.Project()
		if err != nil {
			return policyconfig.Config{}, err
		}
		settings = filepath.Join(root, "Pulumi."+cmp.Or(document.Stack, local.Stack)+".yaml")
	}
	config, err := document.Configuration(settings)
	if err != nil {
		return policyconfig.Config{}, err
	}
	if q.usage != "" {
		text, err := os.ReadFile(q.usage)
		if err != nil {
			return policyconfig.Config{}, fmt.Errorf("read the usage: %w", err)
		}
		config[policyconfig.UsageKey] = string(text)
	}
	t, err := policyconfig.Read(func(key string) string { return config[key] }, now)
	if err != nil {
		return t, exit.UsageError(err)
	}
	return t, nil
}

// write writes the statement in the form that was asked for.
func (a *app) write(s cost.Statement, form costForm, file string) error {
	if file == "" {
		return writeTo(a.Out, s, form)
	}
	target, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	err = writeTo(target, s, form)
	return errors.Join(err, target.Close())
}

func writeTo(target io.Writer, s cost.Statement, form costForm) (err error) {
	var text string
	switch {
	case form.json:
		return cmdutil.WriteJSON(target, s)
	case form.markdown:
		text = s.Markdown()
	case form.html:
		text, err = s.HTML()
	default:
		text = s.Text(form.all)
	}
	if err == nil {
		_, err = fmt.Fprintln(target, text)
	}
	return err
}
