package e2e

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestReadiness asks the environment what it says of itself, without any evidence of tests: that is no go, and each check that the
// environment can answer is answered. Of metrics and points to restore to the emulator knows none.
func TestReadiness(t *testing.T) {
	t.Parallel()
	c := testcloud.Shared(t)
	cmd := c.Command(t, "readiness", "--evidence", t.TempDir(), "--json")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	require.Error(t, cmd.Run())
	c.Note(t, out.Bytes(), said.Bytes())
	require.Equal(t, exitFailed, cmd.ProcessState.ExitCode(), testcloud.Tail(said.String()))
	var v readiness.Verdict
	require.NoError(t, json.Unmarshal(out.Bytes(), &v), out.String())
	assert.False(t, v.Go)
	found := map[string]readiness.JudgedCheck{}
	for _, criterion := range v.Criteria {
		for _, check := range criterion.Checks {
			found[check.Name] = check
		}
	}
	for name, state := range map[string]readiness.State{"database": readiness.Passed, "breaker-sees": readiness.Passed, "cost": readiness.Passed, "onboarding": readiness.Unknown} {
		assert.Equal(t, state, found[name].State, "%s: %+v", name, found[name])
	}
	for _, name := range []string{"database", "breaker-sees", "cost", "dashboards", "report-sent"} {
		assert.Equal(t, "local", found[name].Where, "%s: %+v", name, found[name])
	}
	for _, number := range found["dashboards"].Numbers {
		if number.Name == "dashboards" || number.Name == "alarms that tell nobody" {
			assert.False(t, number.Missed, "%+v", number)
		}
	}
}
