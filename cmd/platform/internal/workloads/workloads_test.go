package workloads_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/workloads"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/stacks"
)

// The program takes what is written from each environment's file.
func TestSettings(t *testing.T) {
	t.Parallel()
	for _, name := range environments.All().Stacks() {
		text, err := workloads.Settings("../../../../Pulumi." + name + ".yaml")
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), "Pulumi.yaml")
		require.NoError(t, os.WriteFile(file, text, 0o600))
		settings, err := stacks.LoadFile(file)
		require.NoError(t, err)
		require.Equal(t, "us-east-1", settings.Region)
		require.Equal(t, &stacks.WorkloadsSettings{Kind: stacks.KindWorkloads, Environment: name}, settings.Workloads)
		require.Equal(t, environments.WorkloadsStack(name), settings.Workloads.StackName())
	}
	_, err := workloads.Settings("none.yaml")
	require.ErrorContains(t, err, "read the settings in none.yaml")
}
