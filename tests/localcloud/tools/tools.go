// Package tools makes every program that the local cloud needs available in a cache: built from pinned source,
// installed from pinned packages, or found on the machine. A warm cache is only looked at.
package tools

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/genericcorp/platform/internal/toolcache"
)

// Set maps tool names to absolute paths.
type Set map[string]string

// Ensure makes every tool available and returns their paths. It writes a line to out for each thing that takes time.
func Ensure(ctx context.Context, out io.Writer) (Set, error) {
	cache, source, err := folders()
	if err != nil {
		return nil, err
	}
	lines := &progress{out: out, total: len(goTools) + 4} // the system's, Python's, Node's and Terraform's
	set, err := thisSystem.ensure(ctx, lines.task(1, "system packages"))
	if err != nil {
		return nil, err
	}
	recipes, err := recipes(ctx, source)
	if err != nil {
		return nil, err
	}
	made, err := ensureAll(ctx, cache, recipes, lines)
	if err != nil {
		return nil, err
	}
	maps.Copy(set, made)
	if set["pulumi-home"], err = pluginFolder(cache); err != nil {
		return nil, err
	}
	if removed, err := Prune(cache, time.Now()); err != nil {
		fmt.Fprintf(out, "old tools stay in the cache: %v\n", err) // they disturb nobody
	} else if len(removed) > 0 {
		fmt.Fprintf(out, "removed from the cache what nobody has used for a month: %s\n", strings.Join(removed, ", "))
	}
	return set, nil
}

// EnsureNodes makes available what nodes need beside the tools of Ensure.
func EnsureNodes(ctx context.Context, out io.Writer) (Set, error) {
	cache, source, err := folders()
	if err != nil {
		return nil, err
	}
	lines := &progress{out: out, total: len(nodeTools) + 1} // the system's
	set, err := thisSystem.with(systemNodeTools).ensure(ctx, lines.task(1, "system packages for nodes"))
	if err != nil {
		return nil, err
	}
	recipes, err := goRecipes(ctx, nodeTools, source)
	if err != nil {
		return nil, err
	}
	made, err := ensureAll(ctx, cache, recipes, lines)
	maps.Copy(set, made)
	return set, err
}

func goRecipes(ctx context.Context, tools []goTool, source string) ([]Recipe, error) {
	goVersion, err := version(ctx, "go", "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	var list []Recipe
	for _, tool := range tools {
		recipe, err := tool.recipe(source, goVersion)
		if err != nil {
			return nil, err
		}
		list = append(list, recipe)
	}
	return list, nil
}

// folders are where tools are kept, and where their pins are.
func folders() (cache, source string, err error) {
	if cache, err = toolcache.Dir(); err != nil {
		return "", "", err
	}
	source, err = sourceFolder()
	return cache, source, err
}

// sourceFolder is tests/tools of this repository: named by PLATFORM_TOOLS, or found from the working directory upwards.
func sourceFolder() (string, error) {
	var candidates []string
	if named := os.Getenv("PLATFORM_TOOLS"); named != "" {
		candidates = append(candidates, named)
	}
	working, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := working; ; dir = filepath.Dir(dir) {
		candidates = append(candidates, filepath.Join(dir, "tests", "tools"), filepath.Join(dir, "tools"))
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, candidate := range candidates {
		if _, err := os.Stat(filepath.Join(candidate, "engine", "go.mod")); err == nil { //nolint:gosec // PLATFORM_TOOLS is the user's own choice
			return filepath.Abs(candidate)
		}
	}
	return "", errors.New("the pins of the tools (tests/tools of the repository) were not found: run this inside the repository or set PLATFORM_TOOLS to that folder")
}

// recipes lists what is made, the slowest first.
func recipes(ctx context.Context, source string) ([]Recipe, error) {
	pythonVersion, err := version(ctx, "python3", "--version")
	if err != nil {
		return nil, err
	}
	nodeVersion, err := version(ctx, "node", "--version")
	if err != nil {
		return nil, err
	}
	built, err := goRecipes(ctx, goTools, source)
	if err != nil {
		return nil, err
	}
	python, err := pythonRecipe(source, pythonVersion)
	if err != nil {
		return nil, err
	}
	node, err := nodeRecipe(source, nodeVersion)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]Recipe{terraformRecipe()}, built, []Recipe{python, node}), nil
}

func version(ctx context.Context, args ...string) (string, error) {
	out, err := run(ctx, command{dir: os.TempDir(), env: []string{"GOTOOLCHAIN=local"}, args: args})
	return strings.TrimSpace(out), err
}

// ensureAll makes the recipes side by side, except that the exclusive ones take turns: two compilations at once would
// both compile what they share. The first failure stops the others.
func ensureAll(ctx context.Context, cache string, recipes []Recipe, lines *progress) (Set, error) {
	set := Set{}
	var mu, turn sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	for i, recipe := range recipes {
		group.Go(func() error {
			task := lines.task(lines.total-len(recipes)+i+1, recipe.Name)
			if err := recipe.fetch(ctx, cache, task); err != nil {
				return err
			}
			if recipe.Exclusive {
				turn.Lock()
				defer turn.Unlock()
			}
			paths, err := recipe.ensure(ctx, cache, task)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(set, paths)
			return nil
		})
	}
	return set, group.Wait()
}

// plugins are the Pulumi plugins that this program serves under their own names.
var plugins = map[string]string{"aws": "6.83.2", "random": "4.21.1", "kubernetes": "4.30.0", "eks": "2.8.1"}

// homePrefix begins the name of a folder with the plugins of one copy of this program.
const homePrefix = "pulumi-home-"

// pluginFolder lays out a PULUMI_HOME whose plugins are this program. Each copy of the program has its own.
func pluginFolder(cache string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(self))
	home := filepath.Join(cache, homePrefix+hex.EncodeToString(sum[:])[:16])
	for name, version := range plugins {
		dir := filepath.Join(home, "plugins", "resource-"+name+"-v"+version)
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // programs for any local user
			return "", fmt.Errorf("lay out the Pulumi plugins: %w", err)
		}
		if err := link(self, filepath.Join(dir, "pulumi-resource-"+name)); err != nil {
			return "", fmt.Errorf("lay out the Pulumi plugins: %w", err)
		}
	}
	_, err = use(home)
	return home, err
}

// link makes path a symbolic link to target, whatever it was before, without a moment in which it is missing.
func link(target, path string) error {
	if current, err := os.Readlink(path); err == nil && current == target {
		return nil
	}
	temporary := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.Symlink(target, temporary); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
