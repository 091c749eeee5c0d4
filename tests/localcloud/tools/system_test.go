package tools

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeApt stands for Debian's package manager: `apt-get install` of what FAKE_HAS names puts a program of that name on
// the PATH. All calls are recorded in $FAKES/calls.
const fakeApt = `#!/bin/sh
echo "$(basename "$0") $*" >>"$FAKES/calls"
case "$(basename "$0") $1" in
"apt-cache show") for has in $FAKE_HAS; do [ "$has" = "$3" ] && exit 0; done; echo "E: No packages found" >&2; exit 100 ;;
"apt-get update") [ -z "${FAKE_UPDATE_FAILS:-}" ] || { echo "$FAKE_UPDATE_FAILS" >&2; exit 100; } ;;
"apt-get install")
	for last; do
		for has in $FAKE_HAS; do
			[ "$has" != "$last" ] || { printf '#!/bin/sh\n' >"$FAKES/bin/$last"; chmod +x "$FAKES/bin/$last"; }
		done
	done ;;
esac
`

// debian is a system with those packages, of which none is installed, for a test's own programs.
func debian(t *testing.T, root bool, has string) (s system, calls func() string) {
	t.Helper()
	fakes := t.TempDir()
	bin := filepath.Join(fakes, "bin")
	require.NoError(t, os.Mkdir(bin, 0o700))
	for _, name := range []string{"apt-get", "apt-cache"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(fakeApt), 0o700))
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("FAKES", fakes)
	t.Setenv("FAKE_HAS", has)
	s = system{
		root: root, clusterSettings: filepath.Join(fakes, "etc", "createcluster.conf"),
		tools: []systemTool{
			{name: "sh", find: onPath("sh"), packages: []string{"dash"}},
			{name: "cache", find: onPath("new-cache-server", "old-cache-server"), packages: []string{"new-cache-server", "old-cache-server"}},
			{name: "weigher", find: onPath("weigher"), packages: []string{"weigher"}},
		},
	}
	return s, func() string {
		raw, err := os.ReadFile(filepath.Join(fakes, "calls"))
		if err != nil {
			return ""
		}
		return string(raw)
	}
}

func nobody() (*task, *bytes.Buffer) {
	var out bytes.Buffer
	return (&progress{out: &out, total: 1}).task(1, "system packages"), &out
}

func TestMissingProgramsAreInstalled(t *testing.T) {
	s, calls := debian(t, true, "old-cache-server weigher")
	line, output := nobody()
	paths, err := s.ensure(t.Context(), line)
	require.NoError(t, err)
	assert.Equal(t, "old-cache-server", filepath.Base(paths["cache"]), "the first that this release has")
	assert.Equal(t, "weigher", filepath.Base(paths["weigher"]))
	assert.NotEmpty(t, paths["sh"])
	assert.Contains(t, calls(), "apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold old-cache-server weigher\n")
	assert.NotContains(t, calls(), "dash", "what is there is left alone")
	assert.Contains(t, output.String(), "installing old-cache-server weigher")
	settings, err := os.ReadFile(s.clusterSettings)
	require.NoError(t, err)
	assert.Equal(t, "create_main_cluster = false\n", string(settings), "no server of the system's own is started")

	before := calls()
	_, err = s.ensure(t.Context(), line)
	require.NoError(t, err)
	assert.Equal(t, before, calls(), "a second time nothing is asked")
}

func TestMissingProgramsAreNamedInOneMessage(t *testing.T) {
	const command = "missing on this machine: cache, weigher; install them with: sudo apt-get update && " +
		"sudo apt-get install -y --no-install-recommends old-cache-server weigher "
	t.Run("who may not install them", func(t *testing.T) {
		s, calls := debian(t, false, "old-cache-server weigher")
		line, _ := nobody()
		_, err := s.ensure(t.Context(), line)
		require.EqualError(t, err, command+"(only root may install them)")
		assert.Empty(t, calls())
	})
	t.Run("where there is no apt", func(t *testing.T) {
		s, _ := debian(t, true, "")
		t.Setenv("PATH", t.TempDir())
		line, _ := nobody()
		_, err := s.ensure(t.Context(), line)
		require.ErrorContains(t, err, "(this is not a Debian system: use its own package manager)")
	})
	t.Run("without a network", func(t *testing.T) {
		s, _ := debian(t, true, "old-cache-server weigher")
		t.Setenv("FAKE_UPDATE_FAILS", "E: Temporary failure resolving 'packages.example'")
		line, _ := nobody()
		_, err := s.ensure(t.Context(), line)
		require.ErrorContains(t, err, command+"(there is no network, and the package is not installed yet")
	})
	t.Run("when the packages do not bring them", func(t *testing.T) {
		s, _ := debian(t, true, "weigher")
		line, _ := nobody()
		_, err := s.ensure(t.Context(), line)
		require.ErrorContains(t, err, "missing on this machine: cache; ")
		require.ErrorContains(t, err, "(they are still missing after installing old-cache-server weigher)")
	})
}

func TestEveryProgramHasAPackage(t *testing.T) {
	t.Parallel()
	for _, tool := range slices.Concat(systemTools, testTools, systemNodeTools) {
		assert.NotEmpty(t, tool.packages, tool.name)
		assert.False(t, strings.ContainsAny(strings.Join(tool.packages, ""), " ;&|"), tool.name)
	}
}
