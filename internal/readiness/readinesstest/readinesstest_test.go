package readinesstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness"
)

// what stands for a test that proves something: it fails or is left out as the test that ends it says.
type what struct {
	testing.TB

	failed, skipped bool
	end             func()
}

func (w *what) Cleanup(f func()) { w.end = f }
func (w *what) Failed() bool     { return w.failed }
func (w *what) Skipped() bool    { return w.skipped }
func (w *what) Name() string     { return "TestOnboarding" }

func TestProof(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "evidence")
	t.Setenv("GITHUB_SERVER_URL", "https://github.com")
	t.Setenv("GITHUB_REPOSITORY", "genericcorp/platform")
	t.Setenv("GITHUB_RUN_ID", "4711")
	prove := func(w *what) {
		w.TB = t
		p := Prove(w, "onboarding", "local")
		p.Number("creation", 200, "ms")
		p.Number("creation", 9.5, "s")
		p.Count("tenants", 1)
		w.end()
	}
	t.Setenv(readiness.Variable, "")
	prove(&what{})
	require.NoDirExists(t, folder)
	require.NoError(t, readiness.Record(t.Context(), "nowhere", readiness.Evidence{}), "nobody wants any")

	t.Setenv(readiness.Variable, folder)
	prove(&what{skipped: true})
	require.NoDirExists(t, folder, "a test that was left out")

	for _, failed := range []bool{false, true} {
		prove(&what{failed: failed})
		all, err := readiness.Read(folder)
		require.NoError(t, err)
		require.Len(t, all, 1)
		assert.Equal(t, !failed, all[0].Passed)
		assert.Equal(t, "make e2e", all[0].Ran)
		assert.Equal(t, "https://github.com/genericcorp/platform/actions/runs/4711", all[0].Link)
		assert.Equal(t, []readiness.Number{{Name: "creation", Value: 9.5, Unit: "s"}, {Name: "tenants", Value: 1}}, all[0].Numbers)
		want, err := exec.CommandContext(t.Context(), "git", "rev-parse", "HEAD").Output()
		require.NoError(t, err)
		assert.Contains(t, all[0].Commit+"\n", string(want[:len(want)-1]))
		if failed {
			assert.Equal(t, "TestOnboarding failed", all[0].Problem)
		}
	}
	require.NoError(t, os.RemoveAll(folder))
	t.Chdir(t.TempDir()) // no checkout
	prove(&what{})
	require.NoDirExists(t, folder, "what is of no commit is no evidence")
}
