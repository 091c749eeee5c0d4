package postgrestest

import (
	"context"
	"strings"
	"testing"

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
