package gobuild

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Who compiles with other flags compiles everything once more.
func TestEveryBuildHasTheSameFlags(t *testing.T) {
	for _, file := range []string{"Makefile", ".ci/lib", ".github/workflows/policy.yml", "CONTRIBUTING.md"} {
		text, err := os.ReadFile("../../" + file)
		require.NoError(t, err)
		assert.Contains(t, string(text), Flags, file)
	}
}

func TestMakeGivesTheCompilerTheSameMemory(t *testing.T) {
	text, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	assert.Contains(t, string(text), "COMPILE := "+strings.Join(Memory, " ")+"\n")
}

func TestEnvKeepsTheCallersFlags(t *testing.T) {
	for given, want := range map[string]string{
		"": Flags, Flags: Flags, "-modcacherw": "-modcacherw " + Flags, Flags + " -modcacherw": "-modcacherw " + Flags,
	} {
		t.Setenv("GOFLAGS", given)
		assert.Contains(t, Env(), "GOFLAGS="+want)
	}
}
