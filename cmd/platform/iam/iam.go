// Package iam tells what the roles of an environment's account may, and what a deployment changes in that.
//
//page:none what was typed is wrong, and the message says what is right
package iam

import (
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

// NewCommand is the commands about rights.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	return cmdutil.Group(&cobra.Command{
		Use:   "iam",
		Short: "Tell what roles may, and what a deployment changes in that",
		Example: `  platform iam explain platform-deployer rds:DeleteDBInstance 'arn:aws:rds:us-east-1:123456789012:db:platform' --env prod
  platform iam diff --file steps.json
  platform iam unused --env prod`,
	}, newExplain(f, nil), newDiff(f, nil), newUnused(f, nil))
}
