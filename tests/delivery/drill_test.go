package delivery

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDrill rehearses recovery as the job of drill.yml does, on a local cloud of its own.
func TestDrill(t *testing.T) {
	t.Parallel()
	programs(t)
	out := t.TempDir()
	page := filepath.Join(out, "page.md")
	result := script(t, []string{"GITHUB_STEP_SUMMARY=" + page}, "bin/platform", "ci", "drill", out)
	require.Zero(t, result.Code, result.Stderr)
	report, err := os.ReadFile(page)
	require.NoError(t, err)
	t.Logf("%s", report)
	for _, want := range []string{
		": passed\n", "| tenant | passed |", "| snapshot | passed |", "| failover | passed |",
		"brought back 1 tables with 1000 rows", "it holds the schemas of all 2 tenants", "all 2 tenants are as they were",
		"acme had NO archive", "those of the last 0s are lost", "| 0s | 0s |",
	} {
		assert.Contains(t, string(report), want)
	}
	assert.NotContains(t, result.Stdout+result.Stderr+string(report), "postgresql://", "no connection is shown")
}
