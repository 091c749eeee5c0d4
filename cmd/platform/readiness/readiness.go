// Package readiness says of an environment whether it may be launched: go or no-go, by the company's list.
//
//page:none what was typed is wrong, or the launch is not ready, and the message says what is missing
package readiness

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/readiness"
)

// options are what `platform readiness` is asked.
type options struct {
	*cmdutil.Factory

	target environment.Target
	folder string // with evidence; empty: the repository's own
	commit string // that is deployed; empty: the environment is asked
	json   bool
	html   cmdutil.Page
	now    time.Time
}

// ownFolder is where the tests of a checkout write evidence (Makefile).
var ownFolder = filepath.Join("bin", "evidence")

// NewCommand judges whether an environment may be launched.
func NewCommand(f *cmdutil.Factory) *cobra.Command { return newReadiness(f, nil) }

func newReadiness(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f, now: time.Now().UTC()}
	cmd := &cobra.Command{
		Use:   "readiness",
		Short: "Say whether the platform may be launched: go or no-go, with the evidence",
		Long: `Say whether the platform may be launched, by the company's list: what ran, when, on which commit, and each number against its goal.
What is too old, or not known, is not ready; each line says by which command to find out.

Some checks are asked of the environment itself: its databases, breaker, dashboard, alarms, mails and price. Nothing is changed there.
Tests and rehearsals write evidence, as files, into the folder that ` + readiness.Variable + ` names, which make sets to bin/evidence. Of
several files about the same the newest counts. docs/readiness.md has the list, and how to fetch the evidence of CI. With --html it is one page that
needs nothing else, for a telephone, too.

Exit codes: 0 go, 1 no-go, 2 wrong arguments or files.`,
		Example: `  platform readiness --env prod
  platform readiness --env prod --html readiness.html
  gh run download --pattern 'evidence-*' --dir evidence && platform readiness --env prod --evidence evidence --json`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return run.Or(judge)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	flags := cmd.Flags()
	flags.StringVar(&o.folder, "evidence", "", "a folder with evidence, also in folders below it (default bin/evidence of the repository)")
	o.html.AddFlag(cmd, "a page")
	flags.StringVar(&o.commit, "commit", "", "the commit that is deployed, to tell evidence of another one (default: as the stack's history says)")
	_ = cmd.RegisterFlagCompletionFunc("commit", cobra.NoFileCompletions)
	_ = cmd.MarkFlagDirname("evidence")
	return cmd
}

var hash = regexp.MustCompile(`^[0-9a-f]{40}$`)

func (o *options) check(cmd *cobra.Command) error {
	wrong := []error{o.target.Check(), o.html.Check(cmd)}
	if o.commit != "" && !hash.MatchString(o.commit) {
		wrong = append(wrong, exit.Usagef("--commit: got %q, expected 40 hexadecimal digits, as of git rev-parse HEAD", o.commit))
	}
	if o.folder != "" {
		if info, err := os.Stat(o.folder); err != nil || !info.IsDir() {
			wrong = append(wrong, exit.Usagef("--evidence: got %q, expected a folder", o.folder))
		}
	}
	return errors.Join(wrong...)
}

// evidence is that of the folder that was named, or else of the checkout, which may have none yet.
func (o *options) evidence() ([]readiness.Evidence, error) {
	folder := o.folder
	if folder == "" {
		project, err := o.Project()
		if err != nil {
			return nil, exit.Usagef("%w; or name a folder with evidence by --evidence", err)
		}
		folder = filepath.Join(project, ownFolder)
	}
	found, err := readiness.Read(folder)
	if o.folder == "" && errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return found, exit.UsageError(err)
}

func judge(ctx context.Context, o *options) error {
	found, err := o.evidence()
	if err != nil {
		return err
	}
	facts := readiness.Facts{Environment: o.target.Name, Deployed: o.deployed(ctx), Evidence: found, Now: o.now}
	o.ask(ctx, &facts)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return o.tell(readiness.Judge(facts))
}

// tell writes the verdict. One that says no is an error.
func (o *options) tell(v readiness.Verdict) error {
	if err := o.write(v); err != nil {
		return err
	}
	if !v.Go {
		return errors.New(v.Headline)
	}
	return nil
}

// write writes the verdict in the form that was asked for.
func (o *options) write(v readiness.Verdict) error {
	return o.AnswerPage(o.html, v.HTML, o.json, v, func() string { return text(v) })
}
