package environment

import (
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/prereq"
	"github.com/genericcorp/platform/internal/environments"
)

// Commands take, complete and name the environments of the registry, also one that was only added there.
func TestCommandsFollowTheRegistry(t *testing.T) {
	t.Parallel()
	europe := environments.Environment{Name: "prod-eu", Production: true}
	with, without := Target{Registry: append(environments.All(), europe)}, Target{}
	cmd := &cobra.Command{}
	with.AddFlags(cmd)
	assert.Contains(t, cmd.Flags().Lookup("env").Usage, "prod, prod-eu")
	complete, ok := cmd.GetFlagCompletionFunc("env")
	require.True(t, ok)
	names, _ := complete(cmd, nil, "")
	assert.Contains(t, names, "prod-eu")
	require.NoError(t, cmd.Flags().Parse([]string{"--env", "prod-eu"}))
	require.NoError(t, with.Check())
	assert.False(t, with.Local())
	without.Name = "prod-eu"
	require.ErrorContains(t, without.Check(), `--env: got "prod-eu", expected one of local, dev, prod`)
}

// What providers call in the middle of a deployment is missed before its beginning, all of it at once.
func TestNothingOnAWSStartsWithoutWhatProvidersCall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	target := Target{Name: "dev"}
	_, previewed := target.Preview(t.Context(), &cmdutil.Factory{}, RunOptions{})
	_, deployed := target.Deploy(t.Context(), &cmdutil.Factory{}, RunOptions{})
	for _, err := range []error{previewed, deployed} {
		require.ErrorIs(t, err, prereq.ErrMissing)
		for _, program := range []string{"pulumi (", "kubectl (", "aws ("} {
			require.ErrorContains(t, err, program)
		}
	}
}

// What runs in the cluster has a stack of its own beside the environment's. It is this command's own program that deploys it.
func TestWorkloadsAreAStackOfTheirOwn(t *testing.T) {
	t.Parallel()
	target := Target{Name: "dev"}
	assert.Equal(t, "dev", target.Stack())
	target.Workloads = true
	assert.Equal(t, "dev-workloads", target.Stack())
	for _, options := range []RunOptions{{Program: "program"}, {Redact: true}} {
		_, previewed := target.Preview(t.Context(), &cmdutil.Factory{}, options)
		_, deployed := target.Deploy(t.Context(), &cmdutil.Factory{}, options)
		for _, err := range []error{previewed, deployed} {
			require.ErrorContains(t, err, "--workloads: it deploys this command's own program")
		}
	}
}
