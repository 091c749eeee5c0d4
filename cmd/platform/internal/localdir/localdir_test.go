package localdir_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
)

func open(t *testing.T) localdir.Folder {
	t.Helper()
	h, err := localdir.Open(filepath.Join(t.TempDir(), localdir.DefaultParent, "default"))
	require.NoError(t, err)
	return h
}

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func TestOpenMakesAPrivateFolderAndFindsItAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	info, err := os.Stat(h.Dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	write(t, h.Log("moto"), "x")
	_, err = localdir.Open(h.Dir)
	require.NoError(t, err)
}

func TestOpenAndRemoveRefuseForeignFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "thesis.txt"), "precious")
	_, err := localdir.Open(dir)
	require.EqualError(t, err, dir+" is not empty and is not a local cloud's folder: name another with --dir")
	require.EqualError(t, localdir.Folder{Dir: dir}.Remove(), dir+" is not a local cloud's folder: not removed")
	require.FileExists(t, filepath.Join(dir, "thesis.txt"))
}

func TestRemoveLeavesNothingButASharedParent(t *testing.T) {
	t.Parallel()
	h := open(t)
	require.NoError(t, h.Remove())
	require.NoDirExists(t, filepath.Dir(h.Dir))

	h = open(t)
	write(t, filepath.Join(filepath.Dir(h.Dir), "other", "file"), "x")
	require.NoError(t, h.Remove())
	require.NoDirExists(t, h.Dir)
	require.DirExists(t, filepath.Dir(h.Dir))
}

func TestOnlyOneCommandAtATime(t *testing.T) {
	t.Parallel()
	h := open(t)
	release, err := h.Lock()
	require.NoError(t, err)
	_, err = h.Lock()
	require.ErrorIs(t, err, localdir.ErrBusy)
	require.ErrorContains(t, err, h.Dir)
	release()
	release, err = h.Lock()
	require.NoError(t, err)
	release()
}

func TestPassphraseIsMadeOnceForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	file, err := h.Passphrase()
	require.NoError(t, err)
	first, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Len(t, first, 64)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = h.Passphrase()
	require.NoError(t, err)
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, first, again)
}

func TestStateOfALostCloudIsSetAside(t *testing.T) {
	t.Parallel()
	h := open(t)
	state := filepath.Join(h.Backend(), "local.json")

	lost, err := h.AdoptGeneration("one")
	require.NoError(t, err)
	require.False(t, lost, "nothing was deployed yet")

	write(t, state, "resources of one")
	lost, err = h.AdoptGeneration("one")
	require.NoError(t, err)
	require.False(t, lost, "the same cloud still runs")
	require.FileExists(t, state)

	lost, err = h.AdoptGeneration("two")
	require.NoError(t, err)
	require.True(t, lost)
	require.NoFileExists(t, state)
	require.FileExists(t, filepath.Join(h.Dir, "backend-lost", "local.json"))

	record, err := h.Deployment()
	require.NoError(t, err)
	require.Equal(t, "two", record.Generation)

	lost, err = h.AdoptGeneration("three")
	require.NoError(t, err)
	require.False(t, lost, "two was started but nothing was deployed to it")
}

func TestBrokenRecordIsAnErrorThatNamesTheFile(t *testing.T) {
	t.Parallel()
	h := open(t)
	write(t, filepath.Join(h.Dir, "deployment.json"), "{")
	_, err := h.AdoptGeneration("one")
	require.ErrorContains(t, err, filepath.Join(h.Dir, "deployment.json"))
}

func TestCopySettingsKeepsTheEnginesSalt(t *testing.T) {
	t.Parallel()
	h, repository := open(t), t.TempDir()
	project, settings := filepath.Join(repository, "Pulumi.yaml"), filepath.Join(repository, "Pulumi.local.yaml")
	write(t, project, "name: platform\n")
	write(t, settings, "config:\n  a: 1\n")
	require.NoError(t, h.CopySettings(project, settings))

	copied := filepath.Join(h.Workspace(), "Pulumi.local.yaml")
	write(t, copied, "encryptionsalt: v1:abc\nconfig:\n  a: 1\n")
	write(t, settings, "config:\n  a: 2\n")
	require.NoError(t, h.CopySettings(project, settings))
	text, err := os.ReadFile(copied)
	require.NoError(t, err)
	require.Equal(t, "config:\n  a: 2\nencryptionsalt: v1:abc\n", string(text))

	require.ErrorContains(t, h.CopySettings(project, filepath.Join(repository, "missing.yaml")), "missing.yaml")
}
