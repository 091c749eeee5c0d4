package postgrestest

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServer(t *testing.T) {
	t.Parallel()
	server := Start(t, "work_mem=3MB")
	admin := server.Connect(t, server.Admin, server.AdminPassword)
	ctx := context.Background()
	var memory string
	var super, encrypted bool
	require.NoError(t, admin.QueryRow(ctx, `SELECT current_setting('work_mem'), rolsuper,
		(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) FROM pg_roles WHERE rolname = current_user`).Scan(&memory, &super, &encrypted))
	assert.Equal(t, "3MB", memory)
	assert.False(t, super, "as on RDS")
	assert.True(t, encrypted)
	_, err := pgx.Connect(ctx, strings.Replace(server.URL(server.Admin, server.AdminPassword, server.Database), "verify-full", "disable", 1))
	assert.ErrorContains(t, err, "no encryption")
}

// A server of which a process does not end is ended all the same: a test would wait for it until its own time is over.
func TestAServerThatHangsIsEnded(t *testing.T) {
	t.Parallel()
	server := Start(t)
	main := server.process.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", main, main))
	require.NoError(t, err)
	for _, child := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(child)
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	}
	server.stop(t, 100*time.Millisecond)
	require.Nil(t, server.process)
}
