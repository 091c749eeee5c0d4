package observe

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// Secret reads a secret's value as the JSON object that it is.
func Secret(t testing.TB, c *testcloud.Cloud, arn string) map[string]any {
	t.Helper()
	out, err := secretsmanager.NewFromConfig(c.AWS()).GetSecretValue(testcloud.Context(t),
		&secretsmanager.GetSecretValueInput{SecretId: aws.String(arn)})
	require.NoError(t, err)
	value := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(aws.ToString(out.SecretString)), &value), "the secret is a JSON object")
	return value
}

// RememberSecrets notes the passwords and tokens that Secrets Manager keeps now, of the secrets with part in their ARN, in
// each version that it keeps: the current, the one before, and one that was written and not yet taken. Those noted earlier in
// the run stay: a test that ends one, by a rotation for instance, has it remembered first.
func RememberSecrets(t testing.TB, c *testcloud.Cloud, part string) {
	t.Helper()
	client := secretsmanager.NewFromConfig(c.AWS())
	for _, arn := range listSecrets(t, c) {
		if !strings.Contains(arn, part) {
			continue
		}
		versions, err := client.ListSecretVersionIds(testcloud.Context(t),
			&secretsmanager.ListSecretVersionIdsInput{SecretId: aws.String(arn), IncludeDeprecated: aws.Bool(true)})
		require.NoError(t, err)
		for _, version := range versions.Versions {
			out, err := client.GetSecretValue(testcloud.Context(t), &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn), VersionId: version.VersionId})
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
			c.Remember(t, secret, fmt.Sprintf("version %s of %s", strings.Join(version.VersionStages, " "), arn))
		}
	}
}
