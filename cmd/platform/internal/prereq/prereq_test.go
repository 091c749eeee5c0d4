package prereq_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/prereq"
)

func TestAllMissingProgramsAreNamedAtOnce(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "npm"), []byte("#!/bin/sh\n"), 0o700))
	err := prereq.Check(prereq.Local, false)
	require.ErrorIs(t, err, prereq.ErrMissing)
	require.EqualError(t, err, `programs are missing:
  go (builds the engine and the Kubernetes API server): https://go.dev/dl, 1.26 or later
  node (runs the EKS component): https://nodejs.org, 20 or later
  python3 (runs the AWS API emulator): https://www.python.org
on Debian: apt-get install nodejs python3 python3-venv`)
}

func TestWhatCanBeInstalledIsNotMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	require.False(t, prereq.CanInstall(), "there is no apt-get")
	require.EqualError(t, prereq.Check(prereq.Local, true), `programs are missing:
  go (builds the engine and the Kubernetes API server): https://go.dev/dl, 1.26 or later`)
}

func TestNothingIsSaidWhenAllAreThere(t *testing.T) {
	t.Parallel()
	require.NoError(t, prereq.Check([]prereq.Tool{{Name: "sh"}}, false))
}
func TestWhatADeploymentToAWSMisses(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	require.EqualError(t, prereq.Check(prereq.AWS, false), `programs are missing:
  pulumi (previews and deploys): https://www.pulumi.com/docs/install
  kubectl (the EKS component requires it): https://kubernetes.io/docs/tasks/tools, 1.24 or later
  aws (the EKS component requires it): https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html, 2.7 or later`)
}
