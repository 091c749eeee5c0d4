package stacks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/stacks"
)

func TestStackFilesLoad(t *testing.T) {
	t.Parallel()
	for _, stack := range environments.All().Stacks() {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			settings, err := stacks.LoadFile("../Pulumi." + stack + ".yaml")
			require.NoError(t, err)
			require.Equal(t, stacks.KindEnvironment, settings.Kind)
			require.Equal(t, "us-east-1", settings.Region)
			require.Equal(t, stack, settings.Environment.Environment)
			require.Equal(t, environments.All().IsProduction(stack), settings.Environment.DeletionProtection)
		})
	}
}

func TestMissingFileIsNamed(t *testing.T) {
	t.Parallel()
	_, err := stacks.LoadFile("Pulumi.none.yaml")
	require.EqualError(t, err, "read settings: open Pulumi.none.yaml: no such file or directory")
}
