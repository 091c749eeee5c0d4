package localcloud_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
)

func state() localcloud.State {
	return localcloud.State{
		PID: 7, Generation: "g1", StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), AWSEndpoint: "http://127.0.0.1:1",
		Env:       map[string]string{"B": "2", "A": "1"},
		Postgres:  localcloud.Postgres{Host: "127.0.0.1", Port: 5432, CAFile: "/d/ca.crt"},
		Processes: []localcloud.Process{{Name: "moto", Healthy: true}, {Name: "redis", Log: "/d/logs/redis.log"}},
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, state().Write(dir))
	read, err := localcloud.Read(dir)
	require.NoError(t, err)
	assert.Equal(t, state(), read)
	info, err := os.Stat(filepath.Join(dir, localcloud.StateFile))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it names credentials")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "the temporary file is gone")
}

func TestReadRefusesAStateThatIsMissingOrIncomplete(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := localcloud.Read(dir)
	require.ErrorIs(t, err, localcloud.ErrNotRunning)
	for content, want := range map[string]string{
		`{"pid":1}`:          "read the local cloud's state: it names no process or no generation",
		`{"generation":"g"}`: "read the local cloud's state: it names no process or no generation",
		`{`:                  "read the local cloud's state: unexpected end of JSON input",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, localcloud.StateFile), []byte(content), 0o600))
		_, err := localcloud.Read(dir)
		require.EqualError(t, err, want)
	}
}

func TestUnhealthyAndEnviron(t *testing.T) {
	t.Parallel()
	s := state()
	assert.Equal(t, s.Processes[1:], s.Unhealthy())
	assert.Len(t, s.Processes, 2)
	assert.Equal(t, []string{"A=1", "B=2"}, s.Environ())
}
