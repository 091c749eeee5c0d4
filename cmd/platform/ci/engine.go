package ci

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/toolcache"
)

const (
	engineModule = "github.com/pulumi/pulumi/pkg/v3"
	sdkModule    = "github.com/pulumi/pulumi/sdk/v3"
)

func newEngine(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "engine",
		Short: "Bring the Pulumi engine to bin/tools",
		Long: `Bring the Pulumi engine to bin/tools: built from the source that tests/tools/engine pins by checksum, or taken from the
local cloud's cache of tools, if what is there was built from exactly these modules.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return h.bringEngine(cmd.Context()) },
	}
}

func newPlugins(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "plugins",
		Short: "Put the engine on the job's PATH, with the published plugins of the versions that go.mod requires",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return h.installPlugins(cmd.Context()) },
	}
}

func (h *Host) bringEngine(ctx context.Context) error {
	versions, err := h.requiredVersions(sdkModule)
	if err != nil {
		return err
	}
	version, engine, pins := versions[0], h.path("bin", "tools", "pulumi"), h.path("tests", "tools", "engine")
	if err := os.MkdirAll(filepath.Dir(engine), 0o755); err != nil { //nolint:gosec // programs that everybody may run
		return err
	}
	sums, err := os.ReadFile(filepath.Join(pins, "go.sum"))
	if err != nil {
		return err
	}
	cache, err := toolcache.Dir()
	if err != nil {
		return err
	}
	cached, _ := filepath.Glob(filepath.Join(cache, "tools", "engine-*", "pulumi")) // the pattern is well formed
	for _, made := range cached {
		if info, err := buildinfo.ReadFile(made); err == nil && isPinned(info, version, string(sums)) {
			h.say("the engine is the one in the cache of tools, built from the pinned modules")
			return copyProgram(made, engine)
		}
	}
	cmd := h.with("GOWORK=off").command(ctx, "go", "build", "-buildvcs=false", "-o", engine,
		"-ldflags", "-s -w -X "+sdkModule+"/go/common/version.Version="+version, engineModule+"/cmd/pulumi")
	cmd.Dir = pins
	_, err = h.output(cmd)
	return err
}

// isPinned says whether a program holds the engine of this version, and no module that go.sum does not name with this checksum.
func isPinned(info *debug.BuildInfo, version, sums string) bool {
	pinned := map[string]bool{}
	for line := range strings.Lines(sums) {
		pinned[strings.TrimSpace(line)] = true
	}
	found := false
	for _, m := range append(info.Deps, &info.Main) {
		found = found || m.Path == engineModule && m.Version == version
		if m.Replace != nil {
			m = m.Replace
		}
		if m.Sum != "" && !pinned[strings.Join([]string{m.Path, m.Version, m.Sum}, " ")] {
			return false
		}
	}
	return found
}

func (h *Host) installPlugins(ctx context.Context) error {
	if err := h.requireEnv("GITHUB_PATH"); err != nil {
		return err
	}
	tools := h.path("bin", "tools")
	engine := filepath.Join(tools, "pulumi")
	if _, err := os.Stat(engine); err != nil {
		return exit.Usagef("%s: there is no engine; the job before packs it", engine)
	}
	plugins := []string{"aws", "eks", "kubernetes", "random"}
	var modules []string
	for _, plugin := range plugins {
		modules = append(modules, "github.com/pulumi/pulumi-"+plugin+"/sdk/")
	}
	versions, err := h.requiredVersions(modules...)
	if err != nil {
		return err
	}
	for i, plugin := range plugins {
		if _, err := h.output(h.command(ctx, engine, "plugin", "install", "resource", plugin, versions[i])); err != nil {
			return err
		}
	}
	// The command's own provider, for engines that the steps start themselves.
	own := filepath.Join(tools, betterstack.Program)
	if err := os.Symlink(h.path("bin", "platform"), own); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("link the provider: %w", err)
	}
	return h.tellRunner("GITHUB_PATH", tools)
}

// requiredVersions are the versions of the modules that go.mod requires, each named by how its path begins.
func (h *Host) requiredVersions(modules ...string) ([]string, error) {
	text, err := os.ReadFile(h.path("go.mod"))
	if err != nil {
		return nil, exit.UsageError(err)
	}
	file, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return nil, err
	}
	versions := make([]string, len(modules))
	for i, module := range modules {
		for _, required := range file.Require {
			if strings.HasPrefix(required.Mod.Path, module) {
				versions[i] = required.Mod.Version
			}
		}
		if versions[i] == "" {
			return nil, exit.Usagef("go.mod: requires no %s", module)
		}
	}
	return versions, nil
}

// copyProgram copies a program to where everybody may run it.
func copyProgram(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy a program: %w", err)
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755) //nolint:gosec // see above
	if err != nil {
		return fmt.Errorf("copy a program: %w", err)
	}
	if _, err = io.Copy(target, source); err != nil {
		_ = target.Close()
		return fmt.Errorf("copy a program: %w", err)
	}
	return target.Close()
}
