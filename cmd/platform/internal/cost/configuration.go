package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/policies/policyconfig"
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

// Terms are the limit, the prices and the assumed usage that hold for a document: those of a file with the stack's
// configuration, when there is one, or else of the document's own; with the amounts of usage that another file, which may be
// empty, knows better.
func (d Document) Terms(settingsFile, usageFile string, now time.Time) (policyconfig.Config, error) {
	config, err := d.configuration(settingsFile)
	if err != nil {
		return policyconfig.Config{}, err
	}
	if usageFile != "" {
		text, err := os.ReadFile(usageFile)
		if err != nil {
			return policyconfig.Config{}, fmt.Errorf("read the usage: %w", err)
		}
		config = maps.Clone(config)
		config[policyconfig.UsageKey] = string(text)
	}
	terms, err := policyconfig.Read(func(key string) string { return config[key] }, now)
	if config[policyconfig.SettingsKey] == "" { // the pack holds such a stack to the tightest limit, which would mislead here
		err = errors.Join(fmt.Errorf("%s: got nothing, expected the settings of stack %s", policyconfig.SettingsKey, d.Stack), err)
	}
	return terms, err
}

func (d Document) configuration(file string) (map[string]string, error) {
	if file != "" {
		config, err := StackFile(file)
		if !errors.Is(err, fs.ErrNotExist) {
			return config, err
		}
	}
	if len(d.Config) == 0 {
		return nil, fmt.Errorf("nothing says what the limit of stack %s is: name the file with its configuration by --settings", d.Stack)
	}
	return d.Config, nil
}
