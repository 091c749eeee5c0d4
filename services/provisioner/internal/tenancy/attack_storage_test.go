package tenancy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// A tenant's connection is written to its own secret alone.
func TestSecretMustBeTheTenants(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	victim := s.Request(t, "bolt", "free", api.StateActive)
	s.Must(t, victim)
	before := s.Connection(t, "bolt")
	for _, arn := range []string{
		victim.SecretARN, tenancytest.SecretARN("acme") + "x", tenancytest.SecretARN("acme") + "/x-AbCdEf",
		strings.Replace(tenancytest.SecretARN("acme"), "/test/", "/prod/", 1), strings.Replace(tenancytest.SecretARN("acme"), "secretsmanager", "ssm", 1),
	} {
		request := s.Request(t, "acme", "free", api.StateActive)
		request.SecretARN = arn
		s.Secrets.Make(arn)
		_, err := s.Try(request)
		require.ErrorContains(t, err, "expected the secret platform/test/tenants/acme", arn)
	}
	assert.Equal(t, before, s.Connection(t, "bolt"))
	// Even under its own name it is refused once it holds somebody else's connection.
	request := s.Request(t, "acme", "free", api.StateActive)
	request.SecretARN += "-AbCdEf"
	s.Secrets.Make(request.SecretARN)
	require.NoError(t, s.Secrets.Write(ctx, request.SecretARN, tenancy.Current, []byte(`{"username": "tenant_bolt"}`)))
	_, err := s.Try(request)
	require.ErrorContains(t, err, "holds the connection of another role, tenant_bolt")
	require.NoError(t, s.Secrets.Write(ctx, request.SecretARN, tenancy.Current, []byte(`{}`)))
	s.Must(t, request)
}
