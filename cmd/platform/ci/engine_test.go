package ci

import (
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/toolcache"
)

func TestAnEngineIsPinnedByEveryModule(t *testing.T) {
	t.Parallel()
	engine := debug.Module{Path: engineModule, Version: "v3.1.0", Sum: "h1:a="}
	other := debug.Module{Path: "example.com/x", Version: "v1.0.0", Sum: "h1:b="}
	const sums = engineModule + " v3.1.0 h1:a=\n" + engineModule + " v3.1.0/go.mod h1:c=\nexample.com/x v1.0.0 h1:b=\n"
	with := func(change func(*debug.BuildInfo)) *debug.BuildInfo {
		e, o := engine, other
		info := &debug.BuildInfo{Main: debug.Module{Path: "tools/engine", Version: "(devel)"}, Deps: []*debug.Module{&e, &o}}
		change(info)
		return info
	}
	assert.True(t, isPinned(with(func(*debug.BuildInfo) {}), "v3.1.0", sums))
	for name, info := range map[string]*debug.BuildInfo{
		"another version":  with(func(i *debug.BuildInfo) { i.Deps[0].Version = "v3.2.0" }),
		"another checksum": with(func(i *debug.BuildInfo) { i.Deps[1].Sum = "h1:z=" }),
		"another module":   with(func(i *debug.BuildInfo) { i.Deps[1].Path = "example.com/y" }),
		"a replacement": with(func(i *debug.BuildInfo) {
			i.Deps[1].Replace = &debug.Module{Path: "example.com/z", Version: "v1.0.0", Sum: "h1:b="}
		}),
		"no engine at all": with(func(i *debug.BuildInfo) { i.Deps = i.Deps[1:] }),
	} {
		assert.False(t, isPinned(info, "v3.1.0", sums), name)
	}
}

func TestPluginsAreThoseOfGoMod(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	path := m.runnerFile(t, "GITHUB_PATH")
	requireUsage(t, m.step(t, "plugins"))
	assert.Empty(t, path(), "without an engine nothing is put on the PATH")
	m.file(t, "bin/tools/pulumi", "")
	text, err := os.ReadFile("../../../go.mod")
	require.NoError(t, err)
	m.file(t, "go.mod", string(text))
	require.NoError(t, m.step(t, "plugins"))
	assert.Equal(t, m.path("bin", "tools")+"\n", path())
	own, err := os.Readlink(m.path("bin", "tools", "pulumi-resource-betterstack"))
	require.NoError(t, err)
	assert.Equal(t, m.path("bin", "platform"), own)
	require.NoError(t, m.step(t, "plugins"), "again")
	m.calls = m.calls[:len(m.calls)/2]
	require.Len(t, m.calls, 4)
	for i, plugin := range []string{"aws", "eks", "kubernetes", "random"} {
		words := strings.Fields(m.calls[i].line())
		assert.Equal(t, []string{"pulumi", "plugin", "install", "resource", plugin}, words[:5])
		assert.Contains(t, string(text), "github.com/pulumi/pulumi-"+plugin+"/sdk/")
		assert.Contains(t, string(text), " "+words[5])
	}
	m.file(t, "go.mod", "module x\n")
	require.ErrorContains(t, m.step(t, "plugins"), "requires no github.com/pulumi/pulumi-aws/sdk/")
}

func TestWithoutACacheTheEngineIsBuiltFromItsPins(t *testing.T) {
	t.Setenv(toolcache.Variable, t.TempDir())
	m := newMachine(t)
	m.file(t, "go.mod", "module x\nrequire github.com/pulumi/pulumi/sdk/v3 v3.1.0\n")
	m.file(t, "tests/tools/engine/go.sum", "")
	require.NoError(t, m.step(t, "engine"))
	c := m.find(t, "go build -buildvcs=false -o "+m.path("bin", "tools", "pulumi"))
	assert.Equal(t, m.path("tests", "tools", "engine"), c.dir)
	assert.Contains(t, c.line(), "version.Version=v3.1.0 github.com/pulumi/pulumi/pkg/v3/cmd/pulumi")
	assert.Equal(t, "off", c.variable("GOWORK"))
}
