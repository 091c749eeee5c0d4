package logs_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/logs"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".log"), []byte(text), 0o600))
}

func TestTheLastLinesOfOneAndOfAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "moto", "1\n2\n3\n")
	write(t, dir, "etcd", "a\n")
	names, err := logs.Names(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"etcd", "moto"}, names)

	var out bytes.Buffer
	require.NoError(t, logs.Tail(logs.Open(dir, []string{"moto"}), 2, logs.Text(&out, false)))
	require.Equal(t, "2\n3\n", out.String())
	out.Reset()
	require.NoError(t, logs.Tail(logs.Open(dir, names), 1, logs.Text(&out, true)))
	require.Equal(t, "etcd | a\nmoto | 3\n", out.String())
	out.Reset()
	write(t, dir, "moto", "<\"3\">\n")
	require.NoError(t, logs.Tail(logs.Open(dir, names), 1, logs.JSON(&out)))
	require.Equal(t, `{"process":"etcd","line":"a"}`+"\n"+`{"process":"moto","line":"<\"3\">"}`+"\n", out.String())
}

func TestWhatIsAddedIsShownOnceAndByWholeLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sources := logs.Open(dir, []string{"moto"})
	var out bytes.Buffer
	look := func() string {
		out.Reset()
		require.NoError(t, logs.Tail(sources, 100, logs.Text(&out, false)))
		return out.String()
	}
	require.Empty(t, look(), "there is no file yet")
	write(t, dir, "moto", "one\ntw")
	require.Equal(t, "one\n", look())
	write(t, dir, "moto", "one\ntwo\nthree\n")
	require.Equal(t, "two\nthree\n", look())
	require.Empty(t, look())
	write(t, dir, "moto", "anew\n")
	require.Equal(t, "anew\n", look(), "the log was started again")
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "moto", "one\n")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	shown := writer(func(text []byte) (int, error) { defer cancel(); return out.Write(text) })
	require.NoError(t, logs.Follow(ctx, logs.Open(dir, []string{"moto"}), time.Millisecond, logs.Text(shown, false)))
	require.Equal(t, "one\n", out.String())
}

type writer func([]byte) (int, error)

func (w writer) Write(text []byte) (int, error) { return w(text) }
