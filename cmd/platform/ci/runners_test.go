package ci

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

func TestRunnersAreThoseThatAVariableNames(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]map[string]string{
		"runners={}\n": nil,
		`runners={"prod-eu":"codebuild-platform-prod-eu-us-east-1-runner"}` + "\n": {"PROD_EU_RUNNER": "codebuild-platform-prod-eu-us-east-1-runner", "DEV_RUNNER": ""},
	} {
		m := newMachine(t, variables(change))
		m.Environments = append(m.Environments, environments.Environment{Name: "prod-eu", Production: true})
		output := m.runnerFile(t, "GITHUB_OUTPUT")
		require.NoError(t, m.step(t, "runners"))
		assert.Equal(t, want, output())
	}
}

func TestRunnersRefusesWrongLabels(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"self-hosted", "ubuntu-24.04", "codebuild-", "codebuild-a b", "codebuild-x\nrunners={}", "codebuild-${{ github.token }}"} {
		m := newMachine(t, variables(map[string]string{"DEV_RUNNER": label}))
		output := m.runnerFile(t, "GITHUB_OUTPUT")
		err := m.step(t, "runners")
		requireUsage(t, err)
		assert.Contains(t, err.Error(), "DEV_RUNNER: got ")
		assert.Empty(t, output())
	}
	requireUsage(t, newMachine(t, variables(nil)).step(t, "runners"))
}
