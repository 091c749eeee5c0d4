package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A patch is a module that is built from a corrected copy of what is published.
type patch struct {
	module   string
	replaced []replacement
	// generated maps files that the module's own build would write before it compiles to those that they are the same as.
	generated map[string]string
}

// A replacement is a text that stands in a file exactly once, and what takes its place.
type replacement struct{ file, old, new string }

const (
	construct = "pkg/provider/provider_construct.go"
	own       = "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider/"
)

// kubernetesProvider is Pulumi's Kubernetes provider. Its command embeds the package's schema and its names in Terraform, which
// its own build copies first. In the pulumi/pkg that all programs here share, one field is a pointer by now. And it goes without
// the resources that consist of others (charts, files and folders of YAML): previews refuse them, and with them the SDK's every
// package would be compiled, which takes minutes.
var kubernetesProvider = patch{
	module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
	replaced: []replacement{
		{"pkg/gen/schema.go", "Provider: pschema.ResourceSpec{", "Provider: &pschema.ResourceSpec{"},
		{construct, `	providerhelmv4 "` + own + `helm/v4"` + "\n", ""},
		{construct, `	providerkustomizev2 "` + own + `kustomize/v2"` + "\n", ""},
		{construct, `	provideryamlv2 "` + own + `yaml/v2"` + "\n", ""},
		{construct, `	"kubernetes:yaml/v2:ConfigFile":     provideryamlv2.NewConfigFileProvider,` + "\n", ""},
		{construct, `	"kubernetes:yaml/v2:ConfigGroup":    provideryamlv2.NewConfigGroupProvider,` + "\n", ""},
		{construct, `	"kubernetes:helm.sh/v4:Chart":       providerhelmv4.NewChartProvider,` + "\n", ""},
		{construct, `	"kubernetes:kustomize/v2:Directory": providerkustomizev2.NewDirectoryProvider,` + "\n", ""},
	},
	generated: map[string]string{
		"cmd/pulumi-resource-kubernetes/schema-embed.json":            "cmd/pulumi-resource-kubernetes/schema.json",
		"cmd/pulumi-resource-kubernetes/terraform-mapping-embed.json": "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
	},
}

func (p patch) key() []string {
	return []string{p.module, fmt.Sprint(p.replaced), fmt.Sprint(p.generated)} // maps are printed in order
}

// workspace is a folder with the pins, in which the patched modules are the corrected copies; without patches it is the pins'
// own folder.
func (t goTool) workspace(ctx context.Context, pins string) (dir string, remove func(), err error) {
	if len(t.patches) == 0 {
		return pins, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "platform-"+t.module+"-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // a temporary folder
	defer func() {
		if err != nil {
			remove()
		}
	}()
	mod, err := os.ReadFile(filepath.Join(pins, "go.mod"))
	if err != nil {
		return "", nil, err
	}
	for _, p := range t.patches {
		copied := "./" + filepath.Base(filepath.Dir(p.module))
		if err := p.copy(ctx, pins, filepath.Join(dir, copied)); err != nil {
			return "", nil, fmt.Errorf("correct %s: %w", p.module, err)
		}
		mod = fmt.Appendf(mod, "\nreplace %s => %s\n", p.module, copied)
	}
	sum, err := os.ReadFile(filepath.Join(pins, "go.sum"))
	if err != nil {
		return "", nil, err
	}
	for name, content := range map[string][]byte{"go.mod": mod, "go.sum": sum} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return "", nil, err
		}
	}
	return dir, remove, nil
}

// copy writes the corrected module into a folder. The go command checks what it downloads against the pins.
func (p patch) copy(ctx context.Context, pins, dir string) error {
	out, err := run(ctx, command{dir: pins, env: compile, args: []string{"go", "mod", "download", "-json", p.module}})
	if err != nil {
		return err
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal([]byte(out), &downloaded); err != nil {
		return fmt.Errorf("read where the module is: %w", err)
	}
	if err := os.CopyFS(dir, os.DirFS(downloaded.Dir)); err != nil {
		return err
	}
	for _, r := range p.replaced {
		if err := r.apply(dir); err != nil {
			return err
		}
	}
	for name, source := range p.generated {
		if err := os.Rename(filepath.Join(dir, source), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func (r replacement) apply(dir string) error {
	path := filepath.Join(dir, r.file)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), r.old); n != 1 {
		return fmt.Errorf("%s has %q %d times, expected once: compare the correction with the pinned version", r.file, r.old, n)
	}
	return os.WriteFile(path, []byte(strings.Replace(string(text), r.old, r.new, 1)), 0o600) //nolint:gosec // a file of the copy, by name
}
