package delivery

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// workflow is the part of a workflow's file that the tests here are about.
type workflow struct {
	file        string
	text        string
	On          yaml.Node         `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Env         map[string]string `yaml:"env"`
	Concurrency concurrency       `yaml:"concurrency"`
	Jobs        map[string]job    `yaml:"jobs"`
}

type concurrency struct {
	Group string `yaml:"group"`
}

type job struct {
	Uses        string            `yaml:"uses"` // another workflow in place of steps
	Needs       names             `yaml:"needs"`
	RunsOn      string            `yaml:"runs-on"`
	If          string            `yaml:"if"`
	Permissions map[string]string `yaml:"permissions"`
	Environment string            `yaml:"environment"`
	Concurrency concurrency       `yaml:"concurrency"`
	Env         map[string]string `yaml:"env"`
	Strategy    struct {
		Matrix map[string][]string `yaml:"matrix"`
	} `yaml:"strategy"`
	Steps []step `yaml:"steps"`
}

type step struct {
	Name  string            `yaml:"name"`
	ID    string            `yaml:"id"`
	If    string            `yaml:"if"`
	Uses  string            `yaml:"uses"`
	Run   string            `yaml:"run"`
	Shell string            `yaml:"shell"`
	With  map[string]string `yaml:"with"`
	Env   map[string]string `yaml:"env"`
}

// names are one name or a list of them.
type names []string

func (n *names) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*n = names{node.Value}
		return nil
	}
	return node.Decode((*[]string)(n))
}

// action is one of the repository's own composite actions.
type action struct {
	file   string
	text   string
	Inputs map[string]struct {
		Default string `yaml:"default"`
	} `yaml:"inputs"`
	Runs struct {
		Steps []step `yaml:"steps"`
	} `yaml:"runs"`
}

const ownActions = "./.github/actions/"

// workflows are those of a checkout, by the names of their files.
func workflows(t *testing.T, checkout string) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(checkout, ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	list := map[string]workflow{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		w := workflow{file: filepath.Base(file), text: string(raw)}
		require.NoError(t, yaml.Unmarshal(raw, &w), file)
		list[w.file] = w
	}
	require.ElementsMatch(t, []string{"deploy.yml", "drift.yml", "drill.yml", "nodes.yml", "policy.yml", "preview.yml", "tenant.yml", "test.yml"},
		slices.Collect(maps.Keys(list)))
	return list
}

func actions(t *testing.T, checkout string) map[string]action {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(checkout, ".github", "actions", "*", "action.yml"))
	require.NoError(t, err)
	list := map[string]action{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		a := action{file: filepath.Base(filepath.Dir(file)), text: string(raw)}
		require.NoError(t, yaml.Unmarshal(raw, &a), file)
		list[ownActions+a.file] = a
	}
	return list
}

// triggers are the events that start a workflow.
func (w workflow) triggers() []string {
	var names []string
	for i := 0; i < len(w.On.Content); i += 2 {
		names = append(names, w.On.Content[i].Value)
	}
	return names
}

// choices are what a person who dispatches the workflow can choose from.
func (w workflow) choices(input string) []string {
	var on struct {
		Dispatch struct {
			Inputs map[string]struct {
				Options []string `yaml:"options"`
			} `yaml:"inputs"`
		} `yaml:"workflow_dispatch"`
	}
	if err := w.On.Decode(&on); err != nil {
		return nil
	}
	return on.Dispatch.Inputs[input].Options
}

var whether = regexp.MustCompile(`^inputs\.([a-z]+) (==|!=) '([^']*)'$`)

// steps are a job's steps, with those of the repository's own actions in their places, as far as their inputs ask for them.
func (j job) steps(t *testing.T, own map[string]action) []step {
	t.Helper()
	var list []step
	for _, s := range j.Steps {
		list = append(list, s)
		a, ours := own[s.Uses]
		if strings.HasPrefix(s.Uses, "./") {
			require.True(t, ours, "%s: there is no such action", s.Uses)
		}
		for _, inner := range a.Runs.Steps {
			if found := whether.FindStringSubmatch(inner.If); found != nil {
				value, given := s.With[found[1]]
				if !given {
					value = a.Inputs[found[1]].Default
				}
				if (value == found[3]) != (found[2] == "==") {
					continue
				}
			}
			list = append(list, inner)
		}
	}
	return list
}

// needed are the names of the jobs that a job waits for, itself among them.
func (w workflow) needed(name string) []string {
	list := []string{name}
	for _, other := range w.Jobs[name].Needs {
		list = append(list, w.needed(other)...)
	}
	return list
}
