// Package workloads shows the reference application on a local cloud with nodes: how it is reached, what a version does that does not
// come up, and a tenant's own worker.
package workloads

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("PLATFORM_LOCAL_NODES", "on") // never fails for such a name
	os.Exit(testcloud.Main(m))
}

// patience is how long anything may take on a busy machine.
const patience = 5 * time.Minute

// changes counts what an operation did.
type changes struct {
	Changes map[string]int `json:"counts"`
}

// environment is a local cloud with nodes, the environment, its programs and its sample tenants.
type environment struct{ *testcloud.Cloud }

// TestWorkloads needs one environment for all that it shows, which takes minutes.
func TestWorkloads(t *testing.T) {
	e := environment{testcloud.Empty(t)}
	e.RequireNodes(t, required.Missing)
	e.Platform(t, nil, "local", "up")
	e.Load(t)
	require.Equal(t, "2/2 1/1", e.ready(t, "tenants", "api")+" "+e.ready(t, "tenants", "worker"))
	for _, part := range []struct {
		name string
		run  func(*testing.T, environment)
	}{
		{"a tenant's notes through the API, counted by the worker", notesOfATenant},
		{"a second up changes nothing", func(t *testing.T, e environment) {
			var up changes
			e.Platform(t, &up, "local", "up")
			delete(up.Changes, "same")
			assert.Empty(t, up.Changes)
		}},
		{"versions that do not come up are put back", putBack},
		{"a tenant's own worker", tenantWorker},
		{"down leaves nothing", func(t *testing.T, e environment) {
			var down struct{ Destroyed, Lost []string }
			e.Platform(t, &down, "local", "down")
			assert.Contains(t, down.Destroyed, testcloud.Workloads)
			assert.Empty(t, down.Lost)
		}},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, e) }) {
			t.FailNow()
		}
	}
}
