// Package workloads writes the settings of the stack of what runs in an environment's cluster, from the environment's own file: there is
// one file for each environment.
package workloads

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Settings are a stack's file, as far as it matters here.
type Settings struct {
	Config config `yaml:"config"`
}

type config struct {
	Region  string  `yaml:"aws:region"`
	Program program `yaml:"platform:settings"`
}

type program struct {
	Kind        string    `yaml:"kind"`
	Environment string    `yaml:"environment"`
	Workloads   yaml.Node `yaml:"workloads,omitempty"`
}

// Read reads the file of an environment, for the stack of its workloads.
func Read(environmentFile string) (*Settings, error) {
	text, err := os.ReadFile(environmentFile)
	s := &Settings{}
	if err == nil {
		err = yaml.Unmarshal(text, s)
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings in %s: %w", environmentFile, err)
	}
	s.Config.Program.Kind = "workloads"
	return s, nil
}

// File is the stack's file.
func (s *Settings) File() ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(s); err != nil {
		return nil, fmt.Errorf("write the settings of the workloads of %s: %w", s.Config.Program.Environment, err)
	}
	return out.Bytes(), nil
}

// Any says whether anything is to run.
func (s *Settings) Any() bool { return len(s.Config.Program.Workloads.Content) > 0 }

// LeaveOut has nothing run but what every cluster has.
func (s *Settings) LeaveOut() { s.Config.Program.Workloads = yaml.Node{} }

// WithoutDigest are the images that are named alone. Whoever deploys builds them.
func (s *Settings) WithoutDigest() []string {
	var names []string
	for _, image := range images(&s.Config.Program.Workloads) {
		if image.Value != "" && !strings.Contains(image.Value, "@") && !slices.Contains(names, image.Value) {
			names = append(names, image.Value)
		}
	}
	return names
}

// SetDigest says which image a name stands for.
func (s *Settings) SetDigest(name, digest string) {
	for _, image := range images(&s.Config.Program.Workloads) {
		if image.Value == name {
			image.Value += "@" + digest
		}
	}
}

// images are the values of all keys that name an image, however deep, but for those of what is not enabled.
func images(node *yaml.Node) (found []*yaml.Node) {
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == "enabled" && node.Content[i+1].Value == "false" {
			return nil
		}
	}
	for i, child := range node.Content {
		isValue := node.Kind == yaml.MappingNode && i%2 == 1
		if isValue && child.Kind == yaml.ScalarNode && strings.HasSuffix(strings.ToLower(node.Content[i-1].Value), "image") {
			found = append(found, child)
		}
		found = append(found, images(child)...)
	}
	return found
}
