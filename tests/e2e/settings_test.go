package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// settings writes the environment's settings with some of them changed: the line that a pattern finds becomes another.
func settings(t *testing.T, c *testcloud.Cloud, changes map[string]string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Repository, "Pulumi.local.yaml"))
	require.NoError(t, err)
	for pattern, line := range changes {
		found := regexp.MustCompile(`(?m)^( *)` + pattern + `.*$`)
		require.Len(t, found.FindAll(text, -1), 1, pattern)
		text = found.ReplaceAll(text, []byte("${1}"+line))
	}
	file := filepath.Join(t.TempDir(), "Pulumi.local.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

// TestChangedSettings keeps backups a day longer and lets no third tenant in: two updates in place, of the database and of
// the provisioner alone. The repository's settings then bring back what they say.
func TestChangedSettings(t *testing.T) {
	c := testcloud.Exclusive(t)
	file := settings(t, c, map[string]string{
		"backupRetentionDays:": "backupRetentionDays: 8",
		"schemaCeiling:":       "schemaCeiling: 2",
	})
	var preview, up changes
	c.Platform(t, &preview, "preview", "--stack", "local", "--settings", file)
	assert.Equal(t, 2, preview.Changes["update"], "%v", preview.Changes)
	c.Changed(t, &up, file)
	t.Run("nothing else changes", func(t *testing.T) {
		assert.Equal(t, 2, up.Changes["update"], "%v", up.Changes)
		assert.Zero(t, up.Changes["create"]+up.Changes["delete"]+up.Changes["replace"], "%v", up.Changes)
		assert.Equal(t, int32(8), aws.ToInt32(observe.Database(t, c).BackupRetentionPeriod))
		const provisioner = "platform-local-us-east-1-provisioner"
		function, err := lambda.NewFromConfig(c.AWS()).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(provisioner)})
		require.NoError(t, err)
		assert.Equal(t, "2", function.Environment.Variables["SCHEMA_CEILING"])
	})
	t.Run("a tenant beyond the ceiling is refused", func(t *testing.T) {
		printed := c.Fails(t, exitFailed, "tenant", "create", "cedar", "--tier", "starter")
		assert.Contains(t, printed, "its ceiling of 2")
		assert.Empty(t, observe.Role(t, c, "cedar"))
		assert.NotContains(t, observe.Tenants(t, c), "cedar")
	})
	t.Run("the repository's settings bring back what they say", func(t *testing.T) {
		c.Restore(t)
		checkDatabase(t, c)
	})
}

// TestProtectedEnvironment protects the environment as production is, and tries to destroy it: the engine looks ahead, finds
// what is protected, and begins nothing.
func TestProtectedEnvironment(t *testing.T) {
	c := testcloud.Exclusive(t)
	c.Changed(t, nil, settings(t, c, map[string]string{"deletionProtection:": "deletionProtection: true"}))
	before := observe.Everything(t, c)
	_, err := rds.NewFromConfig(c.AWS()).DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: observe.Database(t, c).DBInstanceIdentifier, SkipFinalSnapshot: aws.Bool(true)})
	require.ErrorContains(t, err, "protected DB Instance", "AWS itself keeps the database")
	out, err := c.Pulumi(t, "destroy", "--yes")
	require.Error(t, err, testcloud.Tail(out))
	assert.Contains(t, out, "protect")
	assert.Equal(t, before, observe.Everything(t, c), "all is still there")
}
