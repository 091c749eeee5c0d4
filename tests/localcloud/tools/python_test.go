package tools

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The AWS command line's RDS commands know the endpoint by the flag alone.
func TestAWSCommandKnowsTheEndpoint(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	python := filepath.Join(folder, "venv", "bin", "python")
	require.NoError(t, os.MkdirAll(filepath.Dir(python), 0o700))
	require.NoError(t, os.WriteFile(python, []byte("#!/bin/sh\necho \"$@\"\n"), 0o700))
	require.NoError(t, writeWrappers(folder))
	for endpoint, want := range map[string]string{
		"http://127.0.0.1:1": "-m awscli --endpoint-url http://127.0.0.1:1 rds describe-db-instances\n",
		"":                   "-m awscli rds describe-db-instances\n",
	} {
		aws := exec.CommandContext(t.Context(), filepath.Join(folder, "aws"), "rds", "describe-db-instances")
		aws.Env = []string{"PATH=" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=" + endpoint}
		said, err := aws.CombinedOutput()
		require.NoError(t, err, string(said))
		assert.Equal(t, want, string(said))
	}
}
