// Package workloads writes the settings of the stack of what runs in an environment's cluster, from the environment's own file: there is
// one file for each environment.
package workloads

import (
	"bytes"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"
)

// settings are a stack's file, as far as it matters here.
type settings struct {
	Config config `yaml:"config"`
}

type config struct {
	Region  string  `yaml:"aws:region"`
	Program program `yaml:"platform:settings"`
}

type program struct {
	Kind        string `yaml:"kind"`
	Environment string `yaml:"environment"`
}

// Settings are the stack's file that deploys the workloads of the environment with that file.
func Settings(environmentFile string) ([]byte, error) {
	text, err := os.ReadFile(environmentFile)
	var s settings
	if err == nil {
		err = yaml.Unmarshal(text, &s)
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings in %s: %w", environmentFile, err)
	}
	s.Config.Program.Kind = "workloads"
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(s); err != nil {
		return nil, fmt.Errorf("write the settings of the workloads of %s: %w", s.Config.Program.Environment, err)
	}
	return out.Bytes(), nil
}
