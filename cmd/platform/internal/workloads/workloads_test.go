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

const digest = "@sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"

// load is what the program takes from settings.
func load(t *testing.T, s *workloads.Settings) stacks.Settings {
	t.Helper()
	text, err := s.File()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "Pulumi.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	settings, err := stacks.LoadFile(file)
	require.NoError(t, err)
	return settings
}

// The program takes what is written from each environment's file, with the digests of what was built.
func TestSettings(t *testing.T) {
	t.Parallel()
	for _, name := range environments.All().Stacks() {
		file := "../../../../Pulumi." + name + ".yaml"
		s, err := workloads.Read(file)
		require.NoError(t, err)
		for _, image := range s.WithoutDigest() {
			s.SetDigest(image, digest[1:])
		}
		require.Empty(t, s.WithoutDigest())
		settings := load(t, s)
		require.Equal(t, "us-east-1", settings.Region)
		require.Equal(t, environments.WorkloadsStack(name), settings.Workloads.StackName())

		environment, err := stacks.LoadFile(file)
		require.NoError(t, err)
		require.Len(t, settings.Workloads.Workloads.Programs, len(environment.Environment.Workloads.Programs))
		for i, program := range environment.Environment.Workloads.Programs {
			program.Image += digest
			require.Equal(t, program, settings.Workloads.Workloads.Programs[i])
		}
		s.LeaveOut()
		require.False(t, s.Any())
		require.Empty(t, load(t, s).Workloads.Workloads.Programs)
	}
	_, err := workloads.Read("none.yaml")
	require.ErrorContains(t, err, "read the settings in none.yaml")
}

// Only what is named alone is built, once.
func TestWithoutDigest(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "Pulumi.local.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`config: {"platform:settings": {image: other, workloads: {programs: [
		{name: a, image: sample}, {name: b, image: sample, variables: {X: y}}, {name: c, image: "own`+digest+`"}], secretFilesImage: secretfiles, tenantWorker: {image: ""},
		temporal: {enabled: false, serverImage: temporal-server}}}}`), 0o600))
	s, err := workloads.Read(file)
	require.NoError(t, err)
	require.True(t, s.Any())
	require.Equal(t, []string{"sample", "secretfiles"}, s.WithoutDigest())
	s.SetDigest("sample", "sha256:b")
	text, err := s.File()
	require.NoError(t, err)
	require.Contains(t, string(text), "name: b, image: 'sample@sha256:b'")
	require.Equal(t, []string{"secretfiles"}, s.WithoutDigest())
}
