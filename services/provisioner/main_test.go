package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// A misconfigured function names everything that is wrong at once.
func TestSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, []byte("none"), 0o600))
	_, err := readSettings(func(name string) string {
		return map[string]string{api.EnvDatabasePort: "99999", api.EnvSchemaCeiling: "many", api.EnvDatabaseCAFile: file}[name]
	})
	for _, want := range []string{
		"MASTER_SECRET_ARN", "ARCHIVE_BUCKET", "ARCHIVE_KEY_ARN", "ENVIRONMENT", "DATABASE_HOST", "DATABASE_NAME",
		`DATABASE_PORT: port: got "99999"`, `SCHEMA_CEILING: got "many"`, "there is no certificate in",
	} {
		assert.ErrorContains(t, err, want)
	}
}

// The cause reaches the caller, before the function's time is up.
func TestHandle(t *testing.T) {
	t.Parallel()
	_, err := handle(t.Context(), []byte(`{"action":"show","tenant":"Bad"}`), nil)
	require.ErrorContains(t, err, `tenant slug "Bad"`)

	deadline, cancel := context.WithDeadline(t.Context(), time.Now().Add(margin+50*time.Millisecond))
	defer cancel()
	_, err = handle(deadline, []byte(`{"action":"list"}`), func(ctx context.Context, _ api.Request) (api.Response, error) {
		<-ctx.Done()
		return api.Response{}, errors.Join(errors.New("list"), ctx.Err())
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, deadline.Err(), "there is time left to tell it")

	got, err := handle(t.Context(), []byte(`{"action":"list"}`), func(_ context.Context, r api.Request) (api.Response, error) {
		return api.Response{Problems: []string{strings.ToUpper(string(r.Action))}}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"LIST"}, got.Problems)
}
