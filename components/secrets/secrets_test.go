package secrets_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/secrets"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	secretType  = "aws:secretsmanager/secret:Secret"
	versionType = "aws:secretsmanager/secretVersion:SecretVersion"

	value  = "the value to keep"
	keyARN = "arn:aws:kms:us-east-1:123456789012:key/secrets"
)

func record(t *testing.T, name string, args *secrets.SecretArgs) (*pulumitest.Recorder, map[string]pulumitest.Output) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		s, err := secrets.NewSecret(ctx, name, args)
		if err != nil {
			return err
		}
		outputs = pulumitest.Outputs(t, ctx, s)
		return nil
	})
	return r, outputs
}

func good() *secrets.SecretArgs {
	return &secrets.SecretArgs{Description: "Opens the door", Value: pulumi.String(value), KeyARN: pulumi.String(keyARN)}
}

func TestSecretIsEncryptedProtectedAndHidden(t *testing.T) {
	t.Parallel()
	r, outputs := record(t, "main", good())
	checkSecret(t, r)
	r.RequireWatched(t, []pulumitest.Check{checkSecret}, "* * tags.Name")
	require.Equal(t, map[string]pulumitest.Output{"ARN": {Value: secretARN, Known: true}}, outputs)
}

// checkSecret watches all that a secret consists of.
func checkSecret(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	secret := r.One(t, secretType, "main-secret")
	require.Equal(t, keyARN, secret.Value(t, "kmsKeyId"))
	require.Equal(t, "on-demand", secret.Value(t, "tags.rotation"))
	require.EqualValues(t, 30, secret.Value(t, "recoveryWindowInDays"))
	require.Equal(t, "Opens the door", secret.Value(t, "description"))
	version := r.One(t, versionType, "main-version")
	require.Equal(t, value, version.Value(t, "secretString"))
	require.Equal(t, secretARN, version.Value(t, "secretId"))
	r.RequireHidden(t, value) // though it came in plain
	r.RequireProtected(t, secretType)
	r.RequireBelow(t, "genericcorp:secrets:Secret")
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "secrets"})
}

const secretARN = "arn:aws:secretsmanager:us-east-1:123456789012:main-secret"

func TestWithoutDeletionProtection(t *testing.T) {
	t.Parallel()
	args := good()
	args.DeletionProtection = new(false)
	r, _ := record(t, "main", args)
	require.EqualValues(t, 0, r.One(t, secretType, "main-secret").Value(t, "recoveryWindowInDays"))
	r.RequireProtected(t)
}

func TestNamesFit(t *testing.T) {
	t.Parallel()
	r, _ := record(t, strings.Repeat("very-long-name-", 60), good())
	r.RequireNamesFit(t)
}

func TestBadArgs(t *testing.T) {
	t.Parallel()
	const (
		description = `secret "main": description: got "", expected what the secret opens`
		noValue     = `secret "main": value: got <nil>, expected the value to keep`
		noKey       = `secret "main": keyArn: got <nil>, expected the ARN of a KMS key`
	)
	for name, c := range map[string]struct {
		args    *secrets.SecretArgs
		message string
	}{
		"none":      {nil, description + "\n" + noValue + "\n" + noKey},
		"no key":    {&secrets.SecretArgs{Description: "Opens", Value: pulumi.String(value)}, noKey},
		"no reason": {&secrets.SecretArgs{Value: pulumi.String(value), KeyARN: pulumi.String(keyARN)}, description},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
				_, err := secrets.NewSecret(ctx, "main", c.args)
				require.EqualError(t, err, c.message)
				return err
			})
			require.Error(t, err)
			require.Empty(t, r.OfType(secretType))
		})
	}
}
