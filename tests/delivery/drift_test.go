package delivery

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func trimmed(text string) string { return strings.TrimSpace(text) }

// compare runs the nightly comparison and returns how it ended and what it found.
func (e *environment) compare(t *testing.T, r *runner) (result, found string) {
	t.Helper()
	r.step(t, "drift.yml", "compare", "bin/platform ci drift ")
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(e.checkout, "out", name))
		require.NoError(t, err)
		return string(raw)
	}
	return trimmed(read("result")), read("drift.md")
}

// drift compares what nobody touched, then what somebody changed by hand, and last what cannot be compared.
func (e *environment) drift(t *testing.T) {
	r := e.runner(t, "drift.yml", "compare")
	r.machine = maps.Clone(r.machine)
	r.machine["RUNNER_ENVIRONMENT"] = "self-hosted"
	result, found := e.compare(t, r)
	assert.Equal(t, "in sync", result, found)
	assert.Contains(t, found, "Settings that are not deployed: 0")
	assert.Contains(t, found, "otherwise than the state says: 0")
	assert.Contains(t, found, "### Workloads\n\nSettings that are not deployed: 0\n\n\nResources that AWS has otherwise than the state says: 0")
	assert.Contains(t, found, "### Tenant `acme`\n\nResources that AWS has otherwise than the state says: 0")

	rule := e.aws(t, "events", "list-rules", "--name-prefix", "provisioner-sweep", "--query", "Rules[0].Name", "--output", "text")
	require.NotEqual(t, "None", rule)
	e.aws(t, "events", "put-rule", "--name", rule, "--schedule-expression", "rate(5 minutes)")
	arn := trimmed(e.pulumi(t, "stack", "output", "secretArn", "--stack", "dev-tenant-acme"))
	e.aws(t, "secretsmanager", "update-secret", "--secret-id", arn, "--description", "Changed by hand")
	result, found = e.compare(t, r)
	assert.Equal(t, "drifted", result, found)
	assert.Contains(t, found, "otherwise than the state says: 1")
	assert.Regexp(t, `update +\S*EventRule\S* .*scheduleExpression`, found)
	_, tenant, _ := strings.Cut(found, "### Tenant `acme`")
	assert.Contains(t, tenant, "otherwise than the state says: 1")
	assert.Contains(t, r.page(t), "runbooks/drift.md")

	r.values["toJSON(vars)"] = e.variables(map[string]string{"DEV_BACKEND": "file:///nowhere"})
	r.must(t, "drift.yml", "compare", "bin/platform ci verify-target ")
	result, found = e.compare(t, r)
	assert.Equal(t, "unknown", result, found)
	assert.Contains(t, found, "Whether it has drifted is unknown")
}
