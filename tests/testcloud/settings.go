package testcloud

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// settings writes the repository's settings for a local cloud as change leaves them, and gives the file. What runs in the cluster is
// below "workloads", and of that there is always a list of programs.
func (c *Cloud) settings(t testing.TB, change func(settings, workloads map[string]any)) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Repository, "Pulumi.local.yaml"))
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, yaml.Unmarshal(text, &file))
	config, _ := file["config"].(map[string]any)
	settings, _ := config["platform:settings"].(map[string]any)
	require.NotEmpty(t, settings)
	workloads, _ := settings["workloads"].(map[string]any)
	require.NotEmpty(t, workloads["programs"])
	change(settings, workloads)
	text, err = yaml.Marshal(file)
	require.NoError(t, err)
	changed := filepath.Join(t.TempDir(), "Pulumi.local.yaml")
	require.NoError(t, os.WriteFile(changed, text, 0o600))
	return changed
}

// WithPrograms writes the repository's settings with more programs beside its own, each an element of a list in YAML, and gives the file.
func (c *Cloud) WithPrograms(t testing.TB, programs ...string) string {
	t.Helper()
	return c.settings(t, func(_, workloads map[string]any) { add(t, workloads, "programs:"+strings.Join(programs, "")) })
}

// add puts what a text in YAML says into settings: a list goes behind the one that is there, and everything else takes its place.
func add(t testing.TB, settings map[string]any, text string) {
	t.Helper()
	var more map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &more))
	for key, value := range more {
		if added, isList := value.([]any); isList {
			list, _ := settings[key].([]any)
			more[key] = append(list, added...)
		}
	}
	maps.Copy(settings, more)
}

// WithCollector writes the repository's settings with nodes and logs watched, and gives the file.
func (c *Cloud) WithCollector(t testing.TB) string {
	t.Helper()
	return c.settings(t, func(_, workloads map[string]any) {
		workloads["collector"] = map[string]any{"enabled": true, "image": "collector", "logRetentionDays": 1}
	})
}
