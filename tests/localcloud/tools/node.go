package tools

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// nodeRecipe installs the Pulumi EKS component provider, which is published for Node alone.
func nodeRecipe(source, nodeVersion string) (Recipe, error) {
	files := map[string][]byte{}
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := os.ReadFile(filepath.Join(source, "eks", name))
		if err != nil {
			return Recipe{}, fmt.Errorf("read the pins of the EKS plugin: %w", err)
		}
		files[name] = content
	}
	return Recipe{
		Name:  "eks",
		Cost:  "about 1 minute",
		Key:   []string{string(files["package.json"]), string(files["package-lock.json"]), nodeVersion},
		Tools: map[string]string{"eks": "node_modules/@pulumi/eks/cmd/provider/index.js"},
		Make: func(ctx context.Context, folder string) error {
			for name, content := range files {
				if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil { //nolint:gosec // not secret
					return err
				}
			}
			_, err := run(ctx, command{
				dir:  folder,
				args: []string{"npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"},
			})
			return err
		},
	}, nil
}
