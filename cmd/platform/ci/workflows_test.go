package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

func TestWorkflowsAreInStep(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../.github/workflows/*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, Workflow(string(text), environments.All()), string(text), "%s: run `go generate ./cmd/platform/ci`", file)
	}
}

func TestWorkflowFollowsTheLists(t *testing.T) {
	t.Parallel()
	all := environments.Registry{{Name: "dev"}, {Name: "prod", Production: true}, {Name: "prod-eu", Production: true}}
	assert.Equal(t, "  environment: [dev, prod, prod-eu] # every environment\n  other: [dev]\n",
		Workflow("  environment: [] # every environment\n  other: [dev]\n", all))
	assert.Contains(t, Workflow("options: [x] # every tier\n", all), "[free, ")
	assert.Contains(t, Workflow("options: [x] # every action\n", all), ", offboard]")
	text := Workflow("jobs:\n  # begin: every environment, in the order of delivery\n  old:\n  # end\n  after:\n", all)
	assert.NotContains(t, text, "old:")
	assert.True(t, strings.HasSuffix(text, "  # end\n  after:\n"))
	for _, want := range []string{
		"  deploy-dev:\n    name: deploy dev\n    needs: [build, test, policy]\n", "  plan-prod:\n    name: plan of prod\n    needs: [build, deploy-dev]\n",
		"  deploy-prod:\n    name: deploy prod\n    needs: [build, plan-prod]\n", "  plan-prod-eu:\n    name: plan of prod-eu\n    needs: [build, deploy-prod]\n",
		"runs-on: ${{ fromJSON(needs.build.outputs.runners)['prod-eu'] && ", "run: exec bin/platform ci deploy --workloads prod-eu plan/workloads.json\n",
		"    environment: prod-eu\n    concurrency:\n      group: stack-prod-eu\n", "checksum: ${{ needs.build.outputs.checksum }}\n",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "plan-dev", "nobody is asked")
	assert.NotContains(t, text, "<<")
	assert.Equal(t, text, Workflow(text, all))
}
