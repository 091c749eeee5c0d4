package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/report/api"
)

// Every mistake is named, and no address.
func TestSettings(t *testing.T) {
	t.Parallel()
	right := map[string]string{
		api.EnvEnvironment: "prod", api.EnvProvisioner: "p", api.EnvMailSet: "set", api.EnvSender: "reports@example.com", api.EnvAddresses: "eve@example.com,ann@example.com",
	}
	s, err := readSettings(func(name string) string { return right[name] })
	require.NoError(t, err)
	require.Equal(t, []string{"eve@example.com", "ann@example.com"}, s.addresses)

	_, err = readSettings(func(string) string { return "" })
	for name := range right {
		require.ErrorContains(t, err, name+`: got "", expected a value: the variable is not set`)
	}
	for _, wrong := range []string{"eve@example.com,", "Eve <eve@example.com>", "eve@example.com, ann@example.com", strings.Repeat("eve@example.com,", 10) + "a@example.com"} {
		_, err = readSettings(func(name string) string {
			if name == api.EnvAddresses {
				return wrong
			}
			return right[name]
		})
		require.ErrorContains(t, err, "REPORT_ADDRESSES: got \"another text\", expected 1 to 10 mail addresses, with commas")
		require.NotContains(t, err.Error(), "@")
	}
}
