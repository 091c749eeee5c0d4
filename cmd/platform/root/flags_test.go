package root

import (
	"io"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

// eachCommand calls f for a command and all below it.
func eachCommand(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, child := range cmd.Commands() {
		eachCommand(child, f)
	}
}

// TestFlags holds for every command: what its help calls the value of a flag is one word (cobra takes what is in backquotes
// for it), each flag says what it is for, and the project's folder can be named.
func TestFlags(t *testing.T) {
	t.Parallel()
	seen := 0
	eachCommand(New(&cmdutil.Factory{Product: fakeProduct(), Out: io.Discard, Err: io.Discard}), func(cmd *cobra.Command) {
		check := func(f *pflag.Flag) {
			seen++
			value, usage := pflag.UnquoteUsage(f)
			assert.Regexp(t, `^[A-Za-z]*$`, value, "%s --%s", cmd.CommandPath(), f.Name)
			assert.NotEmpty(t, usage, "%s --%s", cmd.CommandPath(), f.Name)
			assert.NotContains(t, f.Usage, "`", "%s --%s", cmd.CommandPath(), f.Name)
		}
		cmd.LocalFlags().VisitAll(check)
		assert.NotNil(t, cmd.Flag("project"), cmd.CommandPath())
		assert.Falsef(t, cmd.Flags().Lookup("stack") != nil && cmd.Flags().Lookup("env") == nil, "%s has --stack, and not --env", cmd.CommandPath())
	})
	assert.Greater(t, seen, 50)
}
