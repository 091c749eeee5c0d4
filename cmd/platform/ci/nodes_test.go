package ci

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeNodes answers for a cluster with two node groups, of which an update moves the one that it names.
func fakeNodes(m *machine, releases map[string]string, refuses bool) {
	m.answer = func(c call) (string, int) {
		line, name := c.line(), ""
		for i, arg := range c.args {
			if arg == "--nodegroup-name" {
				name = c.args[i+1]
			}
		}
		switch {
		case strings.HasPrefix(line, "aws eks list-nodegroups"):
			return `["system", "tenants"]`, 0
		case strings.HasPrefix(line, "aws eks describe-nodegroup"):
			return fmt.Sprintf(`{"nodegroupName": %q, "version": "1.35", "releaseVersion": %q, "status": "ACTIVE"}`, name, releases[name]), 0
		case strings.HasPrefix(line, "aws ssm get-parameter"):
			return "1.35.2-20261110\n", 0
		case strings.HasPrefix(line, "aws eks update-nodegroup-version") && !refuses:
			releases[name] = "1.35.2-20261110"
		}
		return "", 0
	}
}

func newNodesMachine(t *testing.T) *machine {
	t.Helper()
	return newMachine(t, "AWS_REGION=us-east-1")
}

func TestNodesTellsTheirAge(t *testing.T) {
	t.Parallel()
	m := newNodesMachine(t)
	page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	old := time.Now().UTC().AddDate(0, 0, -40).Format("20060102")
	fakeNodes(m, map[string]string{"system": "1.35.1-" + old, "tenants": "1.35.2-" + time.Now().UTC().Format("20060102")}, false)
	require.NoError(t, m.step(t, "nodes", "dev"))
	assert.Contains(t, page(), "| system | 1.35.1-"+old+" | 1.35.2-20261110 | 40 |")
	m.find(t, "aws cloudwatch put-metric-data --namespace GenericCorp/Platform --metric-name OldestNodeReleaseDays --dimensions ClusterName=platform-dev-cluster --value 40")
	for _, c := range m.calls {
		assert.NotContains(t, c.line(), "update-nodegroup-version", "it only tells")
	}
}

func TestPatchUpdatesWhatIsOld(t *testing.T) {
	t.Parallel()
	m := newNodesMachine(t)
	page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	fakeNodes(m, map[string]string{"system": "1.35.2-20261110", "tenants": "1.35.1-20261001"}, false)
	require.NoError(t, m.step(t, "patch", "dev"))
	assert.NotContains(t, m.find(t, "aws eks update-nodegroup-version --cluster-name platform-dev-cluster --nodegroup-name tenants --release-version 1.35.2-20261110").line(), "--force",
		"disruption budgets hold")
	m.find(t, "aws eks wait nodegroup-active --cluster-name platform-dev-cluster --nodegroup-name tenants")
	assert.Equal(t, "### Nodes of `dev`\n\n- system runs 1.35.2-20261110, the recommended release\n- tenants: 1.35.1-20261001 → 1.35.2-20261110\n", strings.TrimSuffix(page(), "\n"))
}

func TestPatchFailsWhenNodesStayOld(t *testing.T) {
	t.Parallel()
	m := newNodesMachine(t)
	page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	fakeNodes(m, map[string]string{"system": "1.35.1-20261001", "tenants": "1.35.1-20261001"}, true)
	require.ErrorContains(t, m.step(t, "patch", "dev"), "node group system is ACTIVE and runs 1.35.1-20261001, expected ACTIVE and 1.35.2-20261110: a disruption budget may have refused an eviction")
	assert.Contains(t, page(), "- system was not brought from 1.35.1-20261001 to 1.35.2-20261110: runbooks/node-patching.md")
	for _, c := range m.calls {
		assert.NotContains(t, c.line(), "update-nodegroup-version --cluster-name platform-dev-cluster --nodegroup-name tenants", "it stops at the first that fails")
	}
}

func TestNodesRefusesAReleaseWithoutADay(t *testing.T) {
	t.Parallel()
	m := newNodesMachine(t)
	fakeNodes(m, map[string]string{"system": "ami-1", "tenants": "ami-1"}, false)
	require.ErrorContains(t, m.step(t, "nodes", "dev"), `node group system: release "ami-1", expected a version and a day such as 1.35.2-20261110`)
	requireUsage(t, newMachine(t).step(t, "nodes", "dev"))
}
