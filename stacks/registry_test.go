package stacks

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// registered is how messages list the environments.
var registered = "one of " + strings.Join(environments.All().Stacks(), ", ") + ", as internal/environments lists them"

// A third environment is one line of the registry and a file of settings, and the rules of production hold in it.
func TestStacksFollowTheRegistry(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../Pulumi.prod.yaml")
	require.NoError(t, err)
	file := strings.Replace(string(text), "environment: prod ", "environment: prod-eu ", 1)
	_, err = parseFile([]byte(file))
	require.ErrorContains(t, err, `environment: got "prod-eu", expected `+registered)
	parseWith := func(e environments.Environment, file string) (Settings, error) {
		r := newReport()
		r.registry = append(environments.All(), e)
		return parse([]byte(file), r)
	}
	settings, err := parseWith(environments.Environment{Name: "prod-eu", Production: true}, file)
	require.NoError(t, err)
	assert.Equal(t, "prod-eu", settings.Environment.Environment)
	relaxed := strings.Replace(file, "deletionProtection: true", "deletionProtection: false", 1)
	_, err = parseWith(environments.Environment{Name: "prod-eu", Production: true}, relaxed)
	require.ErrorContains(t, err, `deletionProtection: got false, expected true in production`)
	_, err = parseWith(environments.Environment{Name: "prod-eu"}, relaxed)
	require.NoError(t, err, "the registry says so, not the name")
	_, err = parseWith(environments.Environment{Name: "prod-eu", Production: true}, strings.Replace(rightTenant, "environment: prod", "environment: prod-eu", 1))
	require.NoError(t, err)
}
