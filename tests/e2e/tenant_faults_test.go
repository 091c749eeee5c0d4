package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestTenantKilledCreation ends a creation as a crash would, while the provisioner is at work. The next one completes it.
func TestTenantKilledCreation(t *testing.T) {
	t.Parallel()
	c := testcloud.Shared(t)
	t.Cleanup(func() { offboard(t, c, "dogwood") })
	cmd := c.Command(t, "tenant", "create", "dogwood", "--tier", "starter")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, cmd.Start())
	killed := make(chan error, 1)
	go func() { killed <- killWhenStarted(c, cmd.Process.Pid, "dogwood", `aws:lambda/invocation:Invocation`) }()
	require.Error(t, cmd.Wait(), "it was killed before its end")
	require.NoError(t, <-killed)
	createAgain(t, c, "dogwood")
	others := func(arn string) bool { return !strings.Contains(arn, "/dogwood-") }
	assert.Len(t, slices.DeleteFunc(observe.List(t, c, "aws:secretsmanager/secret:Secret"), others), 1, "what the killed run had begun is used or gone")
}

// killWhenStarted kills the process's group once the engine has noted in the tenant's state that it makes something of
// that type, and no end of it. It does not kill in the middle of a write, which would leave half a state in a file: in S3,
// where an environment's state is, a write happens whole or not at all.
func killWhenStarted(c *testcloud.Cloud, pid int, tenant, kind string) error {
	state := filepath.Join(c.Dir, "backend", ".pulumi", "stacks", "platform", "local-tenant-"+tenant+".json")
	begun := func() bool {
		text, _ := os.ReadFile(state) // it does not exist before
		_, pending, _ := strings.Cut(string(text), `"pending_operations"`)
		return json.Valid(text) && strings.Contains(pending, kind)
	}
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if !begun() {
			continue
		}
		_ = syscall.Kill(-pid, syscall.SIGSTOP)
		if begun() {
			return syscall.Kill(-pid, syscall.SIGKILL)
		}
		_ = syscall.Kill(-pid, syscall.SIGCONT)
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	return os.ErrDeadlineExceeded
}

// TestTenantWithoutDatabase stops the database by RDS's own call: a creation is refused before it makes anything. With the
// database it works.
func TestTenantWithoutDatabase(t *testing.T) {
	c := testcloud.Exclusive(t)
	instance, client := observe.Database(t, c).DBInstanceIdentifier, rds.NewFromConfig(c.AWS())
	_, err := client.StopDBInstance(t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: instance})
	require.NoError(t, err)
	start := func() {
		_, err := client.StartDBInstance(testcloud.Context(t), &rds.StartDBInstanceInput{DBInstanceIdentifier: instance})
		require.NoError(t, err)
	}
	t.Run("it is refused", func(t *testing.T) {
		defer start()
		printed := c.Fails(t, exitFailed, "tenant", "create", "elder", "--tier", "starter")
		assert.Contains(t, printed, "connection refused", "the cause is told")
		for _, arn := range observe.List(t, c, "aws:secretsmanager/secret:Secret") {
			assert.NotContains(t, arn, "/elder-", "nothing was begun")
		}
	})
	assert.Empty(t, observe.Role(t, c, "elder"))
	t.Cleanup(func() { offboard(t, c, "elder") })
	createAgain(t, c, "elder")
}

// createAgain asks for the tenant again, which works then.
func createAgain(t *testing.T, c *testcloud.Cloud, tenant string) {
	t.Helper()
	created := create(t, c, tenant, "starter")
	assert.Equal(t, "active", created.State)
	assert.Equal(t, []any{true, int32(5)}, observe.Role(t, c, tenant))
	require.NoError(t, login(t, c, created).Close(t.Context()))
}
