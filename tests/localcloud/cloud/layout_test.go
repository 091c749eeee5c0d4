package cloud

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStopLeavesNoDatabase stops a cloud that was killed. Its folder is within one of this user alone, so that, run as root, the
// database's files are elsewhere: they are gone, with the keys and the password among them. Where no local cloud was, nothing is.
func TestStopLeavesNoDatabase(t *testing.T) {
	t.Parallel()
	layout, err := newLayout(t.TempDir())
	require.NoError(t, err)
	folder, err := layout.postgres(func(string) {})
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(folder, 0o700))
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	require.NoError(t, os.WriteFile(filepath.Join(folder, "superuser.password"), []byte("x"), 0o600))
	require.NoError(t, Stop(t.Context(), layout.dir))
	require.DirExists(t, folder)

	require.NoError(t, os.WriteFile(layout.path(marker), nil, 0o600))
	require.NoError(t, Stop(t.Context(), layout.dir))
	require.NoDirExists(t, folder)
}
