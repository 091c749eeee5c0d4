package servedlog

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

func TestPublish(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	at := time.Date(2026, 11, 30, 12, 0, 0, 5_000_000, time.UTC)
	require.NoError(t, Log{Out: &out, Environment: "prod"}.Publish(at, []api.Served{{Tier: "free", Valid: 100, Failed: 2, Slow: 7}, {Tier: "pro", Valid: 1}}))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2)
	assert.JSONEq(t, `{
		"_aws": {"Timestamp": 1796040000005, "CloudWatchMetrics": [{
			"Namespace": "GenericCorp/Served", "Dimensions": [["Environment", "Tier"]],
			"Metrics": [{"Name": "Valid", "Unit": "Count"}, {"Name": "Failed", "Unit": "Count"}, {"Name": "Slow", "Unit": "Count"}]
		}]},
		"Environment": "prod", "Tier": "free", "Valid": 100, "Failed": 2, "Slow": 7
	}`, lines[0])
	assert.Contains(t, lines[1], `"Tier":"pro"`)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestPublishFails(t *testing.T) {
	t.Parallel()
	require.EqualError(t, Log{Out: full{}}.Publish(time.Now(), []api.Served{{Tier: "free"}}), "tell how tier free was served: full")
}
