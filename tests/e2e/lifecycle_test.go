package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// changes counts the engine's operations of one run.
type changes struct {
	Changes map[string]int `json:"counts"`
}

// none says that nothing was made, altered or removed.
func (c changes) none() bool {
	for operation, count := range c.Changes {
		if operation != "same" && count > 0 {
			return false
		}
	}
	return true
}

// TestLifecycle takes an environment through its life. The steps build on each other, so the first that
// fails ends the test.
func TestLifecycle(t *testing.T) {
	e := newEnvironment(t)
	e.life(func(name string, run func(t *testing.T)) {
		if !t.Run(name, run) {
			t.FailNow()
		}
	})
}

func (e *environment) life(step func(string, func(*testing.T))) {
	step("preview makes nothing", func(t *testing.T) {
		var preview changes
		e.run(t, &preview, "preview", "--stack", "local")
		e.load(t)
		assert.Greater(t, preview.Changes["create"], 100)
		assert.Empty(t, e.vpcs(t))
	})
	step("the emulator dies in the middle of an up", e.killEmulator)
	step("Ctrl-C in the middle of the next", e.interrupt)
	step("the third completes", func(t *testing.T) {
		e.run(t, nil, "local", "up")
		e.load(t)
	})
	step("network", e.checkNetwork)
	step("keys", e.checkKeys)
	step("cluster", e.checkCluster)
	step("database", e.checkDatabase)
	step("cache", e.checkCache)
	step("money", e.checkMoney)
	step("monitoring", e.checkMonitoring)
	step("PostgreSQL", e.checkPostgreSQL)
	step("Redis", e.checkRedis)
	step("Kubernetes", e.checkKubernetes)
	step("tags", e.checkTags)
	step("every type is looked for at the end", e.checkAllIsLookedFor)
	step("a second up changes nothing", func(t *testing.T) {
		var up changes
		e.run(t, &up, "local", "up")
		assert.True(t, up.none(), "%v", up.Changes)
	})
	step("changed settings change only what they should", e.checkChangedSettings)
	step("a tenant beyond the ceiling is refused", e.refuseBeyondCeiling)
	step("a protected environment is not destroyed", e.refuseDestroy)
	step("the repository's settings bring back what they say", func(t *testing.T) {
		e.run(t, nil, "local", "up", "--no-tenants")
		e.checkDatabase(t)
	})
	step("refresh finds no drift", func(t *testing.T) {
		out, err := e.pulumi(t, "refresh", "--preview-only", "--expect-no-changes")
		require.NoError(t, err, out)
	})
	step("refresh finds a change made by hand", e.checkDrift)
	e.tenantSteps(step)
	step("destroy leaves nothing", func(t *testing.T) {
		e.rememberSecrets(t)
		out, err := e.pulumi(t, "destroy", "--yes")
		require.NoError(t, err, tail(out))
		e.checkNothingLeft(t)
	})
	step("no secret that ever was is in the state, the logs or what was said", e.checkNoSecretInClear)
	step("down leaves no process and no folder", func(t *testing.T) {
		e.run(t, nil, "local", "down")
		assert.NoDirExists(t, e.dir)
		for _, p := range append(e.state.Processes, process{Name: "supervisor", PID: e.state.PID}) {
			assert.False(t, runs(p.PID), "%s still runs", p.Name)
		}
		e.checkNoStray(t)
	})
}

// checkDrift hangs a tag on the VPC behind the engine's back; the refresh names the VPC and nothing else.
func (e *environment) checkDrift(t *testing.T) {
	vpcs := e.vpcs(t)
	require.Len(t, vpcs, 1)
	_, err := ec2.NewFromConfig(e.aws()).CreateTags(t.Context(), &ec2.CreateTagsInput{
		Resources: []string{aws.ToString(vpcs[0].VpcId)},
		Tags:      []ec2types.Tag{{Key: aws.String("owner"), Value: aws.String("somebody else")}},
	})
	require.NoError(t, err)
	out, err := e.pulumi(t, "refresh", "--preview-only", "--expect-no-changes")
	require.Error(t, err, "the refresh did not see the change:\n%s", tail(out))
	var changed []string
	for line := range strings.Lines(out) {
		if strings.Contains(line, "[diff:") {
			changed = append(changed, strings.TrimSpace(line))
		}
	}
	require.Len(t, changed, 1, "what the refresh found")
	assert.Contains(t, changed[0], "aws:ec2:Vpc network-vpc update [diff: ~tags")
}
