package runbooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// TestShapeOfTour holds the tour to the rules about blocks, where no local cloud is at hand.
func TestShapeOfTour(t *testing.T) {
	t.Parallel()
	tour := read(t, filepath.Join(testcloud.Repository(t), "docs", "tour.md"))
	require.NoError(t, tour.unset(nil))
	require.Empty(t, tour.of(awsOnly), "all of the tour can be tried")
}

// takeTour types the tour's commands in a copy of the repository, in which the local cloud is the one that a newcomer has.
func (c *cloud) takeTour(t *testing.T) {
	t.Helper()
	copied := t.TempDir()
	script := `git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --ignore-failed-read -cf - | tar -xf - -C "$1"
cd "$1" && git init -q && git add -A && git -c user.name=tour -c user.email=tour@genericcorp.example commit -qm 'Before the tour'
mkdir .local && ln -s "$2" .local/default`
	prepare := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script, "copy", copied, c.Dir)
	prepare.Dir = c.Repository
	said, err := prepare.CombinedOutput()
	require.NoError(t, err, string(said))
	tour := read(t, filepath.Join(c.Repository, "docs", "tour.md"))
	t.Cleanup(func() { // what a tour that failed half way has left
		_ = c.Command(t, "tenant", "offboard", "willow", "--archive").Run()
	})
	c.follow(t, tour, copied, "", effect{})
	require.NoFileExists(t, filepath.Join(c.Repository, "components", "notices"), "the copy was changed, not the repository")
	require.NoError(t, os.Remove(filepath.Join(copied, ".local", "default")))
}
