package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// killedCreation ends a creation as a crash would, while the provisioner is at work.
func (e *environment) killedCreation(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), e.platform, "tenant", "create", "dogwood", "--tier", "starter", "--dir", e.dir)
	cmd.Dir = e.repository
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, cmd.Start())
	killed := make(chan error, 1)
	go func() { killed <- e.killWhenStarted(cmd.Process.Pid, "dogwood", `aws:lambda/invocation:Invocation`) }()
	require.Error(t, cmd.Wait(), "it was killed before its end")
	require.NoError(t, <-killed)
	e.mend(t, "dogwood")
	others := func(name string) bool { return !strings.HasPrefix(name, "platform-local-tenant-dogwood-") }
	assert.Len(t, slices.DeleteFunc(listBudgets(t, e), others), 1, "the budget that the killed run had begun is gone")
}

// killWhenStarted kills the process's group once the engine has noted in the tenant's state that it makes something of
// that type, and no end of it.
func (e *environment) killWhenStarted(pid int, tenant, kind string) error {
	state := filepath.Join(e.dir, "backend", ".pulumi", "stacks", "platform", "local-tenant-"+tenant+".json")
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(state) // it does not exist before
		_, pending, _ := strings.Cut(string(text), `"pending_operations"`)
		if strings.Contains(pending, kind) {
			return syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	return os.ErrDeadlineExceeded
}

// creationWithoutDatabase stops the database by RDS's own call: a creation is refused before it makes anything.
func (e *environment) creationWithoutDatabase(t *testing.T) {
	instance, client := e.database(t).DBInstanceIdentifier, rds.NewFromConfig(e.aws())
	_, err := client.StopDBInstance(t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: instance})
	require.NoError(t, err)
	said := e.fails(t, exitFailed, "tenant", "create", "elder", "--tier", "starter")
	assert.Contains(t, said, "connection refused", "the cause is told")

	for _, arn := range listSecrets(t, e) {
		assert.NotContains(t, arn, "/elder-", "nothing was begun")
	}
	_, err = client.StartDBInstance(t.Context(), &rds.StartDBInstanceInput{DBInstanceIdentifier: instance})
	require.NoError(t, err)
	assert.Empty(t, e.role(t, "elder"))

	e.mend(t, "elder")
}

// mend asks for the tenant again, which works then.
func (e *environment) mend(t *testing.T, tenant string) {
	t.Helper()
	var made tenantReport
	e.run(t, &made, "tenant", "create", tenant, "--tier", "starter")
	assert.Equal(t, "active", made.State)
	assert.Equal(t, []any{true, int32(5)}, e.role(t, tenant))
	require.NoError(t, e.login(t, made).Close(t.Context()))
}
