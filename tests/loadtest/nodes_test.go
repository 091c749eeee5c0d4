package loadtest_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/loadtest"
)

// The document says what was measured last.
func TestReportOnNodes(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/nodes.json")
	require.NoError(t, err, "make load-nodes writes it")
	var r loadtest.OnNodes
	require.NoError(t, json.Unmarshal(raw, &r))
	written, err := os.ReadFile("../../docs/load-nodes.md")
	require.NoError(t, err)
	require.Equal(t, r.Markdown(), string(written), "make load-nodes writes it")
}
