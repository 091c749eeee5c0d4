package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
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
	step := func(name string, run func(t *testing.T)) {
		if !t.Run(name, run) {
			t.FailNow()
		}
	}
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
	step("no secret in the state or the logs", e.checkNoSecretInClear)
	step("a second up changes nothing", func(t *testing.T) {
		var up changes
		e.run(t, &up, "local", "up")
		assert.True(t, up.none(), "%v", up.Changes)
	})
	step("a changed setting changes only what it should", e.checkChangedSetting)
	step("refresh finds no drift", func(t *testing.T) {
		out, err := e.pulumi(t, "refresh", "--preview-only", "--expect-no-changes")
		require.NoError(t, err, out)
	})
	step("refresh finds a change made by hand", e.checkDrift)
	e.tenantSteps(step)
	step("destroy leaves nothing", func(t *testing.T) {
		out, err := e.pulumi(t, "destroy", "--yes")
		require.NoError(t, err, tail(out))
		e.checkNothingLeft(t)
		e.checkNoNamespaceLeft(t)
	})
	step("down leaves no process and no folder", func(t *testing.T) {
		e.run(t, nil, "local", "down")
		assert.NoDirExists(t, e.dir)
		for _, p := range append(e.state.Processes, process{Name: "supervisor", PID: e.state.PID}) {
			assert.False(t, runs(p.PID), "%s still runs", p.Name)
		}
	})
}

// checkChangedSetting keeps backups a day longer: one update in place, of the database alone.
func (e *environment) checkChangedSetting(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(e.repository, "Pulumi.local.yaml"))
	require.NoError(t, err)
	changed := strings.Replace(string(raw), "backupRetentionDays: 7", "backupRetentionDays: 8", 1)
	require.NotEqual(t, string(raw), changed)
	file := filepath.Join(t.TempDir(), "Pulumi.local.yaml")
	require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))

	var preview, up changes
	e.run(t, &preview, "preview", "--stack", "local", "--settings", file)
	assert.Equal(t, 1, preview.Changes["update"], "%v", preview.Changes)
	e.run(t, &up, "local", "up", "--settings", file)
	assert.Equal(t, 1, up.Changes["update"], "%v", up.Changes)
	assert.Zero(t, up.Changes["create"]+up.Changes["delete"]+up.Changes["replace"], "%v", up.Changes)

	out, err := rds.NewFromConfig(e.aws()).DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	require.Len(t, out.DBInstances, 1)
	assert.Equal(t, int32(8), aws.ToInt32(out.DBInstances[0].BackupRetentionPeriod))
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

// runs says whether a process exists and has not ended; one that has ended may wait for its parent to notice.
func runs(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the program's name comes the state
	return !strings.HasPrefix(rest, "Z")
}
