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

func TestMakeHasTheSameVariables(t *testing.T) {
	text, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	assert.Contains(t, string(text), "COMPILE := "+strings.Join(Variables[1:], " ")+"\n")
	for _, file := range []string{"Makefile", ".ci/lib", ".github/workflows/policy.yml", "CONTRIBUTING.md"} {
		text, err := os.ReadFile("../../" + file)
		require.NoError(t, err)
		assert.Regexp(t, `CGO_ENABLED(=| := |: ")0`, string(text), file)
	}
}

func TestEnvKeepsTheCallersFlags(t *testing.T) {
	for given, want := range map[string]string{
		"": Flags, Flags: Flags, "-modcacherw": "-modcacherw " + Flags, Flags + " -modcacherw": "-modcacherw " + Flags,
	} {
		t.Setenv("GOFLAGS", given)
		assert.Contains(t, Env(), "GOFLAGS="+want)
	}
}
