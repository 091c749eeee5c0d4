package config

import (
	"os"
	"path/filepath"
	"testing"

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
		return map[string]string{api.EnvDatabasePort: "99999", api.EnvSchemaCeiling: "many", api.EnvBilled: "perhaps", api.EnvDatabaseCAFile: file}[name]
	})
	for _, want := range []string{
		"MASTER_SECRET_ARN", "ARCHIVE_BUCKET", "ARCHIVE_KEY_ARN", "ENVIRONMENT", "DATABASE_HOST", "DATABASE_NAME",
		`DATABASE_PORT: port: got "99999"`, `SCHEMA_CEILING: got "many"`, `BILLED: got "perhaps", expected true or false`, "there is no certificate in",
	} {
		assert.ErrorContains(t, err, want)
	}
}
