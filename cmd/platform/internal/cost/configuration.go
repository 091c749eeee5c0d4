package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"gopkg.in/yaml.v3"
)

// StackFile reads a stack's configuration from its Pulumi.<stack>.yaml.
func StackFile(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the stack's configuration: %w", err)
	}
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read the stack's configuration %s: %w", path, err)
	}
	config := map[string]string{}
	for key, value := range file.Config {
		if text, ok := value.(string); ok {
			config[key] = text
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("read the stack's configuration %s: %s: %w", path, key, err)
		}
		config[key] = string(text)
	}
	return config, nil
}

// ErrNoConfiguration says that nothing tells on which terms a document is to be judged.
var ErrNoConfiguration = errors.New("nothing tells the stack's limit: name the file with its configuration by --settings")

// Configuration gives the configuration that holds for a document: that of the file, when there is one, or else the
// document's own.
func (d Document) Configuration(file string) (map[string]string, error) {
	config, err := StackFile(file)
	if errors.Is(err, fs.ErrNotExist) && len(d.Config) > 0 {
		return d.Config, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (there is no %s)", ErrNoConfiguration, file)
	}
	return config, err
}
