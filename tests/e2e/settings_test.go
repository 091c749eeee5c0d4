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
)

// settings writes the environment's settings with some of them changed: the line that a pattern finds becomes another.
func (e *environment) settings(t *testing.T, changes map[string]string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(e.repository, "Pulumi.local.yaml"))
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

// checkChangedSettings keeps backups a day longer and lets no third tenant in: two updates in place, of the database and
// of the provisioner alone.
func (e *environment) checkChangedSettings(t *testing.T) {
	file := e.settings(t, map[string]string{
		"backupRetentionDays:": "backupRetentionDays: 8",
		"architecture: host":   "architecture: host\n      schemaCeiling: 2",
	})
	var preview, up changes
	e.run(t, &preview, "preview", "--stack", "local", "--settings", file)
	assert.Equal(t, 2, preview.Changes["update"], "%v", preview.Changes)
	e.run(t, &up, "local", "up", "--no-tenants", "--settings", file)
	assert.Equal(t, 2, up.Changes["update"], "%v", up.Changes)
	assert.Zero(t, up.Changes["create"]+up.Changes["delete"]+up.Changes["replace"], "%v", up.Changes)
	assert.Equal(t, int32(8), aws.ToInt32(e.database(t).BackupRetentionPeriod))
	functions := listFunctions(t, e)
	require.Len(t, functions, 1)
	function, err := lambda.NewFromConfig(e.aws()).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(functions[0])})
	require.NoError(t, err)
	assert.Equal(t, "2", function.Environment.Variables["SCHEMA_CEILING"])
}

// refuseBeyondCeiling asks for a third tenant where two are allowed.
func (e *environment) refuseBeyondCeiling(t *testing.T) {
	said := e.fails(t, exitFailed, "tenant", "create", "cedar", "--tier", "starter")
	assert.Contains(t, said, "its ceiling is 2")
	assert.Empty(t, e.role(t, "cedar"))
	assert.NotContains(t, e.tenants(t), "cedar")
}

// refuseDestroy protects the environment as production is, and tries to destroy it: the engine looks ahead, finds what is
// protected, and begins nothing.
func (e *environment) refuseDestroy(t *testing.T) {
	e.run(t, nil, "local", "up", "--no-tenants", "--settings", e.settings(t, map[string]string{"protection:": "protection: full"}))
	before := e.everything(t)
	_, err := rds.NewFromConfig(e.aws()).DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: e.database(t).DBInstanceIdentifier, SkipFinalSnapshot: aws.Bool(true)})
	require.ErrorContains(t, err, "protected DB Instance", "AWS itself keeps the database")
	out, err := e.pulumi(t, "destroy", "--yes")
	require.Error(t, err, tail(out))
	assert.Contains(t, out, "protect")
	assert.Equal(t, before, e.everything(t), "all is still there")
}
