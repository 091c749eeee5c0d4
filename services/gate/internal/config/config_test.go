package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/gate/api"
)

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	environment := map[string]string{
		api.EnvDomain: "App.example", api.EnvPublicPort: "0", api.EnvDatabaseCAFile: "/none", api.EnvCacheCAFile: "/nowhere", api.EnvSecretsFolder: "/none",
	}
	err := Run(t.Context(), func(name string) string { return environment[name] })
	require.Error(t, err)
	for _, want := range []string{
		`CONTACT: got "", expected a URL or a mail address`, `domain: got "App.example", expected a DNS name`, "port: got 0, expected 1 to 65535",
		`DATABASE_HOST: got "", expected the database's address`, `DATABASE_PORT: got "", expected 1 to 65535`, `DATABASE_NAME: got "", expected the name`,
		`CACHE_CA_FILE: got "/nowhere", expected a file with certificates in PEM`,
		`DATABASE_CA_FILE: got "/none", expected a file with certificates in PEM`, "read the keys of identities: open /none/gate-signing-keys.json",
	} {
		assert.ErrorContains(t, err, want)
	}
}
