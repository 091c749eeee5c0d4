package stacks

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// rightJSON is the right settings as the engine passes them: JSON, with the secret opened.
func rightJSON(t *testing.T, change func(tree map[string]any)) string {
	t.Helper()
	tree := objectOf(t, right)
	set(tree, []string{"monitoring", "betterStackUrl"}, "https://uptime.betterstack.example/api/v1/hook")
	if change != nil {
		change(tree)
	}
	text, err := json.Marshal(tree)
	require.NoError(t, err)
	return string(text)
}

func load(config map[string]string, secrets ...string) (settings Settings, err error) {
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		settings, err = Load(ctx)
		return err
	}, func(info *pulumi.RunInfo) { info.Config, info.ConfigSecretKeys = config, secrets })
	return settings, err
}

func TestLoadReadsTheRunningStack(t *testing.T) {
	t.Parallel()
	settings, err := load(map[string]string{regionKey: "us-east-1", settingsKey: rightJSON(t, nil)}, settingsKey)
	require.NoError(t, err)
	require.Equal(t, KindEnvironment, settings.Kind)
	require.Equal(t, "us-east-1", settings.Region)
	require.Equal(t, "https://uptime.betterstack.example/api/v1/hook", settings.Environment.Monitoring.BetterStackURL.value)
}

func TestLoadNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	region := map[string]string{regionKey: "us-east-1"}
	for _, test := range []struct {
		name, settings, want string
		secret               bool
	}{
		{"text", "hello", "platform:settings: got text, expected an object with keys", false},
		{"two values", "{} {}", "platform:settings: got text, expected an object with keys", false},
		{"null", "null", "platform:settings: got null, expected an object with keys", false},
		{"open secret", rightJSON(t, nil),
			"platform:settings.monitoring.betterStackUrl: got plain text, expected a secret, stored with pulumi config set --secret --path", false},
		{"null within", rightJSON(t, func(tree map[string]any) { tree["owner"] = nil }),
			"platform:settings.owner: got null, expected text in quotes", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var secrets []string
			if test.secret {
				secrets = []string{settingsKey}
			}
			_, err := load(map[string]string{regionKey: region[regionKey], settingsKey: test.settings}, secrets...)
			require.ErrorContains(t, err, test.want)
		})
	}
	_, err := load(nil)
	require.ErrorContains(t, err, "aws:region: got \"\", expected a region such as \"us-east-1\"\n"+
		"platform:settings: got nothing, expected an object with keys")
}

func TestSecretOutputIsSecret(t *testing.T) {
	t.Parallel()
	pulumitest.Run(t, func(*pulumi.Context) error {
		require.True(t, pulumi.IsSecret(Secret{value: "x"}.Output()))
		return nil
	})
}

// The engine's environment shows all keys of the stack, also those that nobody reads.
func TestLoadSeesForgottenKeys(t *testing.T) {
	t.Setenv(pulumi.EnvConfig, `{"platform:settings":"{}","platform:vpcCidr":"10.0.0.0/8","aws:region":"us-east-1","aws:profile":"x",`+
		`"aws:sharedConfigFiles":"[]","pulumi:disable-default-providers":"[]"}`)
	_, err := load(map[string]string{regionKey: "us-east-1", settingsKey: rightJSON(t, nil)}, settingsKey)
	for _, key := range []string{"aws:profile", "aws:sharedConfigFiles", "platform:vpcCidr", "pulumi:disable-default-providers"} {
		require.ErrorContains(t, err, key+": got an unknown key, expected platform:settings or aws:region")
	}
}
