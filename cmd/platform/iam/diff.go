package iam

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/rightsdiff"
)

// diffOptions are what `platform iam diff` is asked.
type diffOptions struct {
	*cmdutil.Factory

	file, against string
	json          bool
}

func newDiff(f *cmdutil.Factory, run cmdutil.Run[diffOptions]) *cobra.Command {
	o := &diffOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Tell what a deployment would change in rights",
		Long: `Tell what a deployment would change in rights, from a preview: who may more (+) or less (-), whom roles trust, whom the policies of
buckets, keys, topics, secrets, functions and the like let in, and who gets into the cluster. Wildcards that come are named. Neither an engine
nor an account is needed.

Policies are compared statement by statement, with their conditions as they are written: whether another one says the same in other
words, or a boundary takes a right away again, is not evaluated ("platform iam explain" does, of what is deployed). A policy that names
what is not made yet is not known before, and listed with a question mark. The rights of Kubernetes, and those of the workflows' roles,
which "platform bootstrap" makes, are in no preview.`,
		Example: `  platform preview --env prod --save-steps steps.json && platform iam diff --file steps.json
  platform iam diff --file after.json --against before.json`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.file == "" {
				return exit.Usagef("--file: got nothing, expected a preview that the engine wrote, or that \"platform preview --save-steps\" did")
			}
			return run.Or(diff)(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.file, "file", "", "a preview or a state that the engine wrote as JSON; - is standard input")
	flags.StringVar(&o.against, "against", "", "another one: tell the difference to it, not to what is deployed")
	cmdutil.AddJSON(cmd, &o.json)
	return cmd
}

func diff(_ context.Context, o *diffOptions) error {
	document, err := cost.ReadFile(o.file, o.In)
	if err != nil {
		return err
	}
	before := document.Before
	if o.against != "" {
		other, err := cost.ReadFile(o.against, o.In)
		if err != nil {
			return err
		}
		before = other.After
	}
	changes := rightsdiff.Compare(before, document.After)
	return o.Answer(o.json, changes, changes.Text)
}
