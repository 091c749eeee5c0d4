package environment

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
)

// workdir is the folder in which a stack on AWS is opened: the project's, or a folder made for other settings.
type workdir struct {
	dir     string
	secrets []string // the paths of settings that are secret, and for which placeholders are to be set
	remove  func()
}

// workdir is the project's folder, or, with other settings, a new folder of those settings, the project's file and its
// artifacts. The project file is never another's: it can name programs to run. A program that runs as another user
// can read the artifacts there.
//
// Of the other settings only the configuration is taken: what encrypts secrets is a service that the engine turns to.
func (o *RunOptions) workdir(project, stack string) (*workdir, error) {
	if o.Settings == "" {
		return &workdir{dir: project, remove: func() {}}, nil
	}
	dir, err := os.MkdirTemp("", "platform-workdir-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	w := &workdir{dir: dir, remove: func() { _ = os.RemoveAll(dir) }}
	if err := w.fill(o, project, stack); err != nil {
		w.remove()
		return nil, fmt.Errorf("fill the folder to work in: %w", err)
	}
	return w, nil
}

func (w *workdir) fill(o *RunOptions, project, stack string) error {
	artifacts, err := filepath.Glob(filepath.Join(project, "bin", "*.zip"))
	if err != nil {
		return err
	}
	settings, err := w.settings(o, filepath.Join(project, SettingsName(stack)))
	if err != nil {
		return err
	}
	contents := map[string][]byte{SettingsName(stack): settings}
	sources := map[string]string{filepath.Join(project, "Pulumi.yaml"): "Pulumi.yaml"}
	for _, artifact := range artifacts {
		sources[artifact] = filepath.Join("bin", filepath.Base(artifact))
	}
	for source, target := range sources {
		if contents[target], err = os.ReadFile(source); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(w.dir, "bin"), 0o755); err != nil { //nolint:gosec // see workdir
		return err
	}
	for target, content := range contents {
		if err := os.WriteFile(filepath.Join(w.dir, target), content, 0o644); err != nil { //nolint:gosec // secrets in settings are encrypted
			return err
		}
	}
	return os.Chmod(w.dir, 0o755) //nolint:gosec // see workdir
}

// settings are the project's own file of the stack with the other's configuration. Where secrets are
// redacted, none of them is in it, nor what would decrypt them.
func (w *workdir) settings(o *RunOptions, own string) ([]byte, error) {
	const key = "config"
	file, err := readYAML(own)
	if err != nil {
		return nil, err
	}
	other, err := readYAML(o.Settings)
	if err != nil {
		return nil, err
	}
	config := other[key]
	if o.Redact {
		file = map[string]yaml.Node{}
		w.secrets = takeSecrets(&config, "")
	}
	file[key] = config
	return yaml.Marshal(file)
}

func readYAML(path string) (map[string]yaml.Node, error) {
	nodes := map[string]yaml.Node{}
	text, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(text, &nodes)
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings in %s: %w", path, err)
	}
	return nodes, nil
}

// takeSecrets removes the secrets from a configuration and gives their paths, as `pulumi config set --path` takes them.
func takeSecrets(node *yaml.Node, path string) (taken []string) {
	switch node.Kind {
	case yaml.SequenceNode:
		for i, element := range node.Content {
			taken = append(taken, takeSecrets(element, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case yaml.MappingNode:
		var kept []*yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			name, value := node.Content[i], node.Content[i+1]
			below := name.Value
			if path != "" {
				below = path + "." + below
			}
			if isSecret(value) {
				taken = append(taken, below)
				continue
			}
			taken = append(taken, takeSecrets(value, below)...)
			kept = append(kept, name, value)
		}
		node.Content = kept
	default: // a value, which the object or list that holds it looks at
	}
	return taken
}

// isSecret says whether a value is one that the engine has encrypted.
func isSecret(node *yaml.Node) bool {
	return node.Kind == yaml.MappingNode && len(node.Content) == 2 && node.Content[0].Value == "secure"
}

// placeholder is a value that every secret of the settings may have.
const placeholder = "https://placeholder.invalid/"

// redact puts a placeholder in place of each secret of an opened stack, as secret as it was.
func (w *workdir) redact(ctx context.Context, stack *engine.Stack) error {
	for _, path := range w.secrets {
		if err := stack.SetSecret(ctx, path, placeholder); err != nil {
			return err
		}
	}
	return nil
}
