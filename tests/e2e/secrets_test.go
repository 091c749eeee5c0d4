package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rememberSecrets notes every password and token that Secrets Manager keeps now, in each version that it keeps: the
// current, the one before, and one that was written and not yet taken. Those noted earlier stay: an old password in a log
// may be a new one's pattern.
func (e *environment) rememberSecrets(t *testing.T) {
	t.Helper()
	client := secretsmanager.NewFromConfig(e.aws())
	for _, arn := range listSecrets(t, e) {
		versions, err := client.ListSecretVersionIds(t.Context(),
			&secretsmanager.ListSecretVersionIdsInput{SecretId: aws.String(arn), IncludeDeprecated: aws.Bool(true)})
		require.NoError(t, err)
		for _, version := range versions.Versions {
			out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn), VersionId: version.VersionId})
			require.NoError(t, err)
			var value struct {
				Password string `json:"password"`
				Token    string `json:"token"`
			}
			require.NoError(t, json.Unmarshal([]byte(aws.ToString(out.SecretString)), &value), arn)
			secret := value.Password + value.Token
			if strings.Contains(arn, ":secret:rds!") && len(secret) < 10 {
				continue // the emulator's own first version, which no server ever had
			}
			require.Greater(t, len(secret), 10, "%s holds a password or a token", arn)
			e.secrets[secret] = fmt.Sprintf("version %s of %s", strings.Join(version.VersionStages, " "), arn)
		}
	}
}

// checkNoSecretInClear reads every file that the engine wrote, every log and all that the commands said, for the secrets
// that were ever noted.
func (e *environment) checkNoSecretInClear(t *testing.T) {
	e.rememberSecrets(t)
	require.Greater(t, len(e.secrets), 3, "the master's password, the cache's token and the tenants' passwords")
	e.assertNoSecret(t, "what the commands said", e.said.String())
	read := 0
	for _, folder := range []string{"backend", "workspace", "logs"} {
		err := filepath.WalkDir(filepath.Join(e.dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			read++
			e.assertNoSecret(t, path, string(raw))
			return nil
		})
		require.NoError(t, err)
	}
	assert.Greater(t, read, 5, "files read")
}

func (e *environment) assertNoSecret(t *testing.T, where, text string) {
	t.Helper()
	for secret, name := range e.secrets {
		assert.False(t, strings.Contains(text, secret), "%s stands in clear in %s", name, where)
	}
}
