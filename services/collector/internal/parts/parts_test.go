package parts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/otelcol"

	"github.com/genericcorp/platform/services/collector/api"
	"github.com/genericcorp/platform/services/collector/internal/parts"
)

func check(t *testing.T, text string) error {
	t.Helper()
	t.Setenv(api.EnvNode, "ip-10-0-0-1")
	t.Setenv(api.EnvAddress, "10.0.0.1")
	file := filepath.Join(t.TempDir(), api.ConfigFile)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	collector, err := otelcol.NewCollector(parts.Settings(file))
	require.NoError(t, err)
	return collector.DryRun(t.Context())
}

// The collector's own loader takes the configuration, and finds what is wrong with one.
func TestConfig(t *testing.T) {
	good := api.Settings{
		Environment: "prod", Cluster: "prod", Region: "us-east-1", NodeBytesPerMinute: 100_000, ContainerBytesPerMinute: 10_000, Programs: []string{"api"},
		StateFolder: t.TempDir(),
	}
	require.NoError(t, check(t, good.Config()))
	for name, wrong := range map[string]struct{ from, to, want string }{
		"a part that there is not":   {`"guard"`, `"guarded"`, "guarded"},
		"a field that there is not":  {`"node_bytes_per_minute"`, `"bytes"`, "bytes"},
		"more than the node":         {`"container_bytes_per_minute": 10000`, `"container_bytes_per_minute": 1000000`, "no fewer for the node"},
		"no group":                   {`"/platform/prod/nodes"`, `""`, "group"},
		"no environment of nodes":    {`"environment": "prod",`, `"environment": "",`, "environment"},
		"a queue that takes nothing": {`"queue_size": 8388608`, `"queue_size": 0`, "queue_size"},
	} {
		text := strings.ReplaceAll(good.Config(), wrong.from, wrong.to)
		require.NotEqual(t, good.Config(), text, name)
		require.ErrorContains(t, check(t, text), wrong.want, name)
	}
	many := good
	many.Programs = strings.Split(strings.Repeat("a", api.MostPrograms+1), "")
	require.ErrorContains(t, check(t, many.Config()), "programs: got 13")
}
