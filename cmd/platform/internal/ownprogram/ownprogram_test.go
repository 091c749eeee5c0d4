package ownprogram

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const another = "another-name"

func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); name == another {
		fmt.Print("the other one")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestLinkIsThisProgramUnderAnotherName(t *testing.T) {
	t.Parallel()
	cache := filepath.Join(t.TempDir(), "cache")
	for range 2 {
		program, err := Link(cache, "test", another)
		require.NoError(t, err)
		out, err := exec.Command(program).Output()
		require.NoError(t, err)
		assert.Equal(t, "the other one", string(out))
	}
}

func TestLinkSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Link(file, "test", another)
	assert.ErrorContains(t, err, "make the cache of tools")
}
