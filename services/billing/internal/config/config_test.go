package config

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/dunning"
)

func from(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestRead(t *testing.T) {
	t.Parallel()
	variables := map[string]string{api.EnvEnvironment: "prod", api.EnvProvisioner: "provisioner", api.EnvSecretARN: "arn:secret", api.EnvLive: "true"}
	got, err := Read(from(variables))
	require.NoError(t, err)
	require.Equal(t, Settings{Environment: "prod", Provisioner: "provisioner", SecretARN: "arn:secret", Live: true, DaysToPay: 14, Terms: dunning.DefaultTerms}, got)

	_, err = Read(from(map[string]string{api.EnvLive: "yes", api.EnvDaysToPay: "0", api.EnvLimitedAfterDays: "x"}))
	for _, want := range []string{"ENVIRONMENT", "PROVISIONER_FUNCTION", "STRIPE_SECRET_ARN", `STRIPE_LIVE: got "yes", expected true or false`, `DAYS_TO_PAY: got "0", expected 1 to 90`, "LIMITED_AFTER_DAYS"} {
		require.ErrorContains(t, err, want)
	}
	variables[api.EnvLive], variables[api.EnvStandIn], variables[api.EnvAWSEndpoint] = "false", "true", "http://127.0.0.1:4566"
	got, err = Read(from(variables))
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:4566", got.StripeURL)
	for _, elsewhere := range []string{"", "https://stripe.example", "http://localhost:1", "http://10.0.0.1:1", "http://127.0.0.1.example:1"} {
		variables[api.EnvAWSEndpoint] = elsewhere
		_, err = Read(from(variables))
		require.ErrorContains(t, err, "AWS_ENDPOINT_URL", elsewhere)
	}
	variables[api.EnvLive], variables[api.EnvAWSEndpoint] = "true", "http://127.0.0.1:4566"
	_, err = Read(from(variables))
	require.ErrorContains(t, err, "STRIPE_STAND_IN", "real money is Stripe's alone")
	variables[api.EnvStandIn] = ""
	variables[api.EnvSuspendedAfterDays] = "7"
	_, err = Read(from(variables))
	require.ErrorContains(t, err, "one after the other")
	delete(variables, api.EnvLive)
	_, err = Read(from(variables))
	require.ErrorContains(t, err, "STRIPE_LIVE", "nobody pays by a default")
}

// manager is Secrets Manager.
type manager struct {
	value string
	err   error
	asked int
}

// GetSecretValue implements Manager.
func (m *manager) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	m.asked++
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(m.value)}, m.err
}

func TestSecret(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC)
	m := &manager{err: &types.ResourceNotFoundException{}}
	secret := &Secret{Client: m, ARN: "arn:secret", Now: func() time.Time { return now }}
	_, err := secret.Read(t.Context())
	require.EqualError(t, err, "the secret arn:secret has no value: put Stripe's keys into it, as docs/billing.md says")
	m.err = errors.New("throttled")
	_, err = secret.Read(t.Context())
	require.ErrorContains(t, err, "throttled")

	m.err, m.value = nil, `{"apiKey":"rk_test_1","webhookSecrets":["whsec_0123456789abcdef"]}`
	for range 2 {
		got, err := secret.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, "rk_test_1", got.APIKey)
	}
	require.Equal(t, 3, m.asked, "remembered")
	now, m.value = now.Add(remembered), `{"apiKey":"rk_test_2"}`
	got, err := secret.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, api.Secret{APIKey: "rk_test_2"}, got)

	now = now.Add(remembered)
	for _, wrong := range []string{``, `sk_test_hidden`, `{"apiKey":""}`, `{"apikeys":"sk_test_hidden"}`, `{"apiKey":"sk_test_hidden","webhookSecrets":["hidden"]}`,
		`{"apiKey":"sk_test_hidden","webhookSecrets":["whsec_0123456789abcdef","whsec_0123456789abcdef","whsec_0123456789abcdef"]}`} {
		m.value = wrong
		_, err := secret.Read(t.Context())
		require.ErrorContains(t, err, "the secret arn:secret: ", wrong)
		require.NotContains(t, err.Error(), "hidden")
	}
}
