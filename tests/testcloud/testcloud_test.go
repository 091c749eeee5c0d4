package testcloud

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExclusiveIsAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lock")
	first, second := lockFile(t, file, shared), lockFile(t, file, shared) // beside each other
	alone := make(chan func())
	go func() { alone <- lockFile(t, file, exclusive) }()
	for _, unlock := range []func(){first, second} {
		select {
		case <-alone:
			assert.Fail(t, "it was let in beside a shared one")
		case <-time.After(50 * time.Millisecond):
		}
		unlock()
	}
	unlock := <-alone
	defer unlock()
	another, err := os.Open(file)
	require.NoError(t, err)
	defer another.Close()
	assert.Error(t, flock(another, shared|syscall.LOCK_NB), "nobody is let in beside it")
}

func TestNotes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, other := &Cloud{run: run(dir)}, &Cloud{run: run(dir)}
	c.Note(t, []byte("one "), []byte("two "))
	other.Note(t, []byte("three"))
	assert.Equal(t, "one two three", c.Noted(t), "of all that use the local cloud")
	c.Remember(t, "correct horse", "the first")
	other.Remember(t, "battery staple", "the second")
	assert.Equal(t, map[string]string{"correct horse": "the first", "battery staple": "the second"}, c.Remembered(t))
}

func TestOrphansAreFound(t *testing.T) {
	t.Parallel()
	c := &Cloud{Dir: filepath.Join(t.TempDir(), "cloud")}
	assert.Empty(t, c.orphans())
	orphan := exec.CommandContext(t.Context(), "sleep", "60")
	orphan.Env = []string{"PULUMI_BACKEND_URL=file://" + c.Dir}
	require.NoError(t, orphan.Start())
	require.Eventually(t, func() bool { return len(c.orphans()) == 1 }, time.Minute, 10*time.Millisecond)
	c.PID = os.Getpid()
	assert.Empty(t, c.orphans(), "what the supervisor has started is none")
	c.PID = 0
	require.NoError(t, orphan.Process.Kill())
	_ = orphan.Wait() // it was killed
	c.RequireNoOrphans(t)
}

func TestTail(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a\nb", Tail("a\nb\n"))
	long := ""
	for range 100 {
		long += "x\n"
	}
	assert.Len(t, Tail(long), 2*25-1)
}
