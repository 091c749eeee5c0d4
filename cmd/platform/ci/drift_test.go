package ci

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const events = `{"preludeEvent": {}}
{"resOutputsEvent": {"metadata": {"op": "same", "urn": "urn:pulumi:dev::platform::aws:ec2/vpc:Vpc::network", "old": {"outputs": {}}, "new": {"outputs": {}}}}}
{"resOutputsEvent": {"metadata": {"op": "update", "urn": "urn:pulumi:dev::platform::a$aws:cloudwatch/eventRule:EventRule::sweep",
 "old": {"outputs": {"scheduleExpression": "rate(1 minute)", "name": "x", "tags": {"a": 1}}}, "new": {"outputs": {"scheduleExpression": "rate(5 minutes)", "name": "x", "tags": {"a": 1}, "more": 1}}}}}
{"resOutputsEvent": {"metadata": {"op": "delete", "urn": "urn:pulumi:dev::platform::aws:s3/bucket:Bucket::archives\r\n# heading", "old": {"outputs": {"id": "b"}}}}}
{"resOutputs`

// compare compares dev, where the engine answers for its stacks what summaries say.
func compare(t *testing.T, settings int, summaries map[string]string, environ ...string) (m *machine, page, result string, err error) {
	t.Helper()
	m = newMachine(t, append(environ, "PULUMI_BACKEND_URL=s3://none", "AWS_REGION=us-east-1")...)
	m.file(t, "Pulumi.yaml", "name: platform")
	shown := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	m.answer = func(c call) (string, int) {
		line := c.line()
		switch {
		case strings.HasPrefix(line, "platform preview"):
			switch settings {
			case 0:
				return `{"changes": []}`, 0
			case 3:
				return previewed, 3
			}
			return "wrong settings", settings
		case strings.Contains(line, "stack ls"):
			if summaries == nil {
				return "no credentials", 1
			}
			return `[{"name": "dev"}, {"name": "organization/platform/dev-tenant-acme"}, {"name": "dev-tenant-birch"}, {"name": "prod-tenant-cedar"}, {"name": "dev-workloads"}, {"name": "prod-workloads"}]`, 0
		}
		_, stack, _ := strings.Cut(line, "--stack ")
		stack, _, _ = strings.Cut(stack, " ")
		_, log, _ := strings.Cut(line, "--event-log ")
		require.NoError(t, os.WriteFile(log, []byte(events), 0o600))
		summary, known := summaries[stack]
		if !known {
			return "ExpiredToken\r\n## heading", 255
		}
		return `{"changeSummary": {"same": 7` + summary + `}}`, 0
	}
	err = m.step(t, "drift", "dev", "out")
	assert.Equal(t, readText(m.path("out", "drift.md")), strings.TrimSuffix(shown(), "\n"))
	return m, readText(m.path("out", "drift.md")), readText(m.path("out", "result")), err
}

func TestDriftComparesEveryStack(t *testing.T) {
	t.Parallel()
	m, page, result, err := compare(t, 0, map[string]string{"dev": "", "dev-tenant-acme": "", "dev-tenant-birch": ""})
	require.NoError(t, err)
	assert.Equal(t, "in sync", result)
	assert.Contains(t, page, "Settings that are not deployed: 0")
	assert.Contains(t, page, "### Tenant `acme`\n\nResources that AWS has otherwise than the state says: 0")
	assert.Contains(t, page, "### Tenant `birch`")
	assert.NotContains(t, page, "cedar", "another environment's tenant")
	assert.Equal(t, 1, strings.Count(page, "### Workloads\n\nNot compared: "), "those of this environment, whose cluster the job does not reach")
	own, tenant := m.find(t, "pulumi --non-interactive -C "+m.Dir+" refresh --stack dev --preview-only"), m.calls[len(m.calls)-1]
	assert.Empty(t, own.variable("PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER"))
	assert.Equal(t, "true", tenant.variable("PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER"))
	assert.NotContains(t, tenant.line(), m.Dir+" refresh", "a tenant's settings are in its state")
}

// Beside the cluster its workloads are compared, too.
func TestDriftOfWorkloads(t *testing.T) {
	t.Parallel()
	beside := "RUNNER_ENVIRONMENT=self-hosted"
	m, page, result, err := compare(t, 0, map[string]string{"dev": "", "dev-tenant-acme": "", "dev-tenant-birch": "", "dev-workloads": ""}, beside)
	require.NoError(t, err)
	assert.Equal(t, "in sync", result)
	assert.Contains(t, page, "### Workloads\n\nSettings that are not deployed: 0\n\n\nResources that AWS has otherwise than the state says: 0")
	m.find(t, "platform preview --stack dev --policy-pack "+m.policyPack()+" --expect-no-changes --json --workloads")
	_, page, result, err = compare(t, 0, map[string]string{"dev": "", "dev-tenant-acme": "", "dev-tenant-birch": "", "dev-workloads": `, "update": 1`}, beside)
	require.NoError(t, err)
	assert.Equal(t, "drifted", result, page)
	_, _, result, err = compare(t, 0, map[string]string{"dev": "", "dev-tenant-acme": "", "dev-tenant-birch": ""}, beside)
	require.ErrorContains(t, err, "could not be compared")
	assert.Equal(t, "unknown", result, "whose state cannot be read")
}

func TestDriftIsNoFailure(t *testing.T) {
	t.Parallel()
	_, page, result, err := compare(t, 0, map[string]string{"dev": `, "update": 1, "delete": 1`, "dev-tenant-acme": "", "dev-tenant-birch": ""})
	require.NoError(t, err)
	assert.Equal(t, "drifted", result)
	assert.Contains(t, page, "otherwise than the state says: 2\n\n    update  a$aws:cloudwatch/eventRule:EventRule sweep  more, scheduleExpression\n")
	assert.Contains(t, page, "    delete  aws:s3/bucket:Bucket archives\\u000d\n    # heading  id\n", "names are text")

	_, page, result, err = compare(t, 3, map[string]string{"dev": "", "dev-tenant-acme": "", "dev-tenant-birch": ""})
	require.NoError(t, err)
	assert.Equal(t, "drifted", result)
	assert.Contains(t, page, "Settings that are not deployed: 1\n\n    create  aws:ec2/vpc:Vpc  network\n")
}

func TestWhatCannotBeComparedFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings  int
		summaries map[string]string
	}{
		"the settings":      {1, map[string]string{"dev": "", "dev-tenant-acme": "", "dev-tenant-birch": ""}},
		"the environment":   {0, map[string]string{"dev-tenant-acme": `, "update": 1`, "dev-tenant-birch": ""}},
		"one of the tenant": {0, map[string]string{"dev": `, "update": 1`, "dev-tenant-birch": ""}},
		"all of them":       {0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, page, result, err := compare(t, c.settings, c.summaries)
			require.ErrorContains(t, err, "could not be compared")
			assert.Equal(t, "unknown", result, "although others have drifted")
			assert.Contains(t, page, unknownDrift)
			assert.NotContains(t, page+m.err.String(), "\r")
		})
	}
}
