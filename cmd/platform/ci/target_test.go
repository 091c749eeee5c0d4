package ci

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/support"
)

// variables are the repository's, of three environments.
func variables(change map[string]string) string {
	all := map[string]string{
		"AWS_REGION": "us-east-1", "DEV_ACCOUNT": "123456789012", "DEV_BACKEND": "s3://dev-state?region=us-east-1", "UNRELATED": "x",
		"PROD_ACCOUNT": "210987654321", "PROD_BACKEND": "s3://prod-state", "PROD_EU_ACCOUNT": "333333333333", "PROD_EU_BACKEND": "s3://eu-state",
	}
	for name, value := range change {
		all[name] = value
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return "VARIABLES=" + string(text)
}

func TestVerifyTargetHandsOnWhereAnEnvironmentIs(t *testing.T) {
	t.Parallel()
	m := newMachine(t, variables(nil))
	m.Environments = append(m.Environments, environments.Environment{Name: "prod-eu", Production: true})
	output, env := m.runnerFile(t, "GITHUB_OUTPUT"), m.runnerFile(t, "GITHUB_ENV")
	require.NoError(t, m.step(t, "verify-target"))
	assert.Empty(t, output()+env(), "of all environments nothing is handed on")
	require.NoError(t, m.step(t, "verify-target", "prod-eu"))
	assert.Equal(t, "account=333333333333\nregion=us-east-1\n", output())
	assert.Equal(t, "AWS_REGION=us-east-1\nPULUMI_BACKEND_URL=s3://eu-state\n", env())
}

func TestVerifyTargetRefusesWrongVariables(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]string{
		"AWS_REGION":  {"us-east", "US-EAST-1", "us-east-1\nPATH=x"},
		"DEV_ACCOUNT": {"12345678901", "1234567890123", "123456789012\nPATH=x", "12345678901a"},
		"DEV_BACKEND": {"dev-state", "http://x", "s3://a b", "s3://a\nPATH=x", "s3://a\x01"},
	} {
		for _, value := range values {
			m := newMachine(t, variables(map[string]string{name: value}))
			output, env := m.runnerFile(t, "GITHUB_OUTPUT"), m.runnerFile(t, "GITHUB_ENV")
			err := m.step(t, "verify-target", "dev")
			requireUsage(t, err)
			assert.Contains(t, err.Error(), name+": got ")
			assert.Empty(t, output()+env())
			require.NoError(t, newMachine(t, variables(nil)).step(t, "verify-target"))
		}
	}
	requireUsage(t, newMachine(t, "VARIABLES=AWS_REGION=us-east-1").step(t, "verify-target"))
}

func TestWarnsOfWhatLosesItsSupport(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "GITHUB_ACTIONS=true")
	first := slices.MinFunc(support.Pins(), func(a, b support.Pin) int { return a.Ends.Compare(b.Ends) })
	m.warnOfEnds(first.Ends.Add(-support.Notice - time.Hour))
	assert.Empty(t, m.out.String())
	m.warnOfEnds(first.Ends.Add(-support.Notice))
	assert.Contains(t, m.out.String(), "::warning::"+first.Name+" has no support from "+first.Ends.Format(time.DateOnly)+" on")
}
