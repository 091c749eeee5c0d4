package policypack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/policies"
)

func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); name == policies.Program {
		fmt.Print("the pack's turn")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestOwnIsThisProgramUnderAnotherName(t *testing.T) {
	t.Parallel()
	cache := filepath.Join(t.TempDir(), "cache")
	for range 2 {
		program, err := Own(cache)
		require.NoError(t, err)
		out, err := exec.Command(program).Output()
		require.NoError(t, err)
		assert.Equal(t, "the pack's turn", string(out))
	}
}

func TestOwnSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Own(file)
	assert.ErrorContains(t, err, "make the cache of tools")
}
