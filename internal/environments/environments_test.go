package environments_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/environments"
)

// Each line of the registry has its settings in the repository, and each file of settings its line.
func TestTheRegistryFitsTheSettings(t *testing.T) {
	t.Parallel()
	require.NoError(t, environments.All().Check())
	want := []string{"Pulumi." + environments.Local + ".yaml"}
	for _, e := range environments.All() {
		want = append(want, e.SettingsFile())
	}
	files, err := filepath.Glob("../../Pulumi.*.yaml")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		found = append(found, filepath.Base(file))
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		name := regexp.MustCompile(`^Pulumi\.(.+)\.yaml$`).FindStringSubmatch(filepath.Base(file))[1]
		assert.Contains(t, string(text), "environment: "+name)
	}
	assert.ElementsMatch(t, want, found)
}

func TestAnEnvironmentIsProductionUnlessItIsKnownNotToBe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"local": false, "dev": false, "prod": true, "prod-eu": true, "unknown": true, "": true} {
		assert.Equal(t, want, environments.All().IsProduction(name), name)
	}
}

func TestDerivedNames(t *testing.T) {
	t.Parallel()
	registry := append(environments.All(), environments.Environment{Name: "prod-eu", Production: true})
	require.NoError(t, registry.Check())
	assert.Equal(t, append(environments.All().Stacks(), "prod-eu"), registry.Stacks())
	e, ok := registry.Find("prod-eu")
	require.True(t, ok)
	assert.Equal(t, []string{"PROD_EU_ACCOUNT", "PROD_EU_BACKEND", "PROD_EU_RUNNER", "prod-eu", "prod-eu-offboard", "stack-prod-eu", "Pulumi.prod-eu.yaml"}, []string{
		e.AccountVariable(), e.BackendVariable(), e.RunnerVariable(), e.DeployEnvironment(), e.OffboardEnvironment(), e.ConcurrencyGroup(), e.SettingsFile(),
	})
	assert.Equal(t, "prod-eu-workloads", environments.WorkloadsStack("prod-eu"))
	_, ok = registry.Find("production")
	assert.False(t, ok)
}

func TestAllIsACopy(t *testing.T) {
	t.Parallel()
	environments.All()[1].Production = false
	assert.True(t, environments.All().IsProduction("prod"))
}

func TestCheckNamesEveryMistake(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, environments.Registry{}.Check(), "one at least")
	err := environments.Registry{
		{Name: "dev"}, {Name: "dev"}, {Name: "Prod"}, {Name: "prod_eu"}, {Name: "d"}, {Name: "a-very-long-stage-name"}, {Name: "local"}, {Name: "preview"}, {Name: "prod-offboard"}, {Name: "prod-tenant-acme"}, {Name: "prod-workloads"},
	}.Check()
	for _, want := range []string{
		`list[1].name: got "dev", expected a name that no other`, `list[2].name: got "Prod", expected 2 to 16`, `list[3].name: got "prod_eu"`,
		`list[4].name: got "d", expected 2 to 16`, `list[5].name: got "a-very-long-stage-name"`,
		"without the word local", "without the word preview", "without the word offboard", "without the word tenant", "without the word workloads",
	} {
		assert.ErrorContains(t, err, want)
	}
}

// Two environments never share a name on GitHub.
func TestNoTwoEnvironmentsShareAName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-c][a-c0-1-]{1,4}(-offboard)?`)
		a, b := environments.Environment{Name: name.Draw(t, "a")}, environments.Environment{Name: name.Draw(t, "b")}
		if (environments.Registry{a, b}).Check() != nil {
			t.Skip("refused")
		}
		names := map[string]bool{}
		for _, e := range []environments.Environment{a, b} {
			for _, n := range []string{e.AccountVariable(), e.DeployEnvironment(), e.OffboardEnvironment(), environments.PreviewEnvironment} {
				names[n] = true
			}
		}
		require.Len(t, names, 7)
	})
}
