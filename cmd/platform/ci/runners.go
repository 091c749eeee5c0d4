package ci

import (
	"encoding/json"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// runnerPattern is a label as components/runner makes it. AWS CodeBuild is known by its first word.
var runnerPattern = regexp.MustCompile(`codebuild-[A-Za-z0-9_-]{2,150}`)

func newRunners(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "runners",
		Short: "Say which environments have a runner of their own, beside their clusters",
		Long: `Say which environments have a runner of their own, beside their clusters. The repository's variables come as one JSON object in
the variable VARIABLES: of an environment with a runner, one has its label. The jobs that follow hear of the labels as the
output runners, a JSON object by environment, and run on GitHub's machines where there is none.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return h.tellRunners() },
	}
}

func (h *Host) tellRunners() error {
	if err := h.requireEnv("GITHUB_OUTPUT"); err != nil {
		return err
	}
	variables, err := h.variables()
	if err != nil {
		return err
	}
	labels := map[string]string{}
	for _, e := range h.Environments {
		name := e.RunnerVariable()
		label := variables[name]
		if label == "" {
			continue
		}
		if err := requireMatch(name, label, runnerPattern, "the label of a runner, as the output runnerLabel of `platform outputs` has it"); err != nil {
			return err
		}
		labels[e.Name] = label
	}
	text, err := json.Marshal(labels)
	if err != nil {
		return err
	}
	return h.tellRunner("GITHUB_OUTPUT", "runners="+string(text))
}

// besideTheCluster says whether the job runs on the environment's own runner, which reaches the cluster's private API: every other
// machine of these workflows is GitHub's.
func (h *Host) besideTheCluster() bool { return h.getenv("RUNNER_ENVIRONMENT") == "self-hosted" }

// variables are the repository's.
func (h *Host) variables() (map[string]string, error) {
	variables := map[string]string{}
	if text := h.getenv(variablesVariable); text != "" {
		if err := json.Unmarshal([]byte(text), &variables); err != nil {
			return nil, exit.Usagef("%s: expected the repository's variables as a JSON object: %w", variablesVariable, err)
		}
	}
	return variables, nil
}
