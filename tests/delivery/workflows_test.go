package delivery

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/tests/lab"
)

// workflow is the part of a workflow's file that the checks below are about.
type workflow struct {
	file        string
	text        string
	On          yaml.Node         `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]job    `yaml:"jobs"`
}

type job struct {
	Permissions map[string]string `yaml:"permissions"`
	Environment string            `yaml:"environment"`
	Steps       []step            `yaml:"steps"`
}

type step struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	Run  string            `yaml:"run"`
	With map[string]string `yaml:"with"`
	Env  map[string]string `yaml:"env"`
}

func workflows(t *testing.T) []workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(lab.Repository(t), ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	require.Len(t, files, 7)
	var list []workflow
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		w := workflow{file: filepath.Base(file), text: string(raw)}
		require.NoError(t, yaml.Unmarshal(raw, &w), file)
		list = append(list, w)
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

// mayWrite are the rights that a job's token has beyond reading what is public, each with what needs it.
var mayWrite = map[string]string{
	"preview.yml aws id-token":          "takes the role that reads",
	"preview.yml comment pull-requests": "writes the comment",
	"deploy.yml plan-dev id-token":      "takes the role that reads",
	"deploy.yml plan-prod id-token":     "takes the role that reads",
	"deploy.yml deploy-dev id-token":    "takes the role that deploys",
	"deploy.yml deploy-prod id-token":   "takes the role that deploys",
	"tenant.yml change id-token":        "takes the tenants' role",
	"tenant.yml archive id-token":       "takes the tenants' role",
	"tenant.yml offboard id-token":      "takes the tenants' role",
	"drift.yml compare id-token":        "takes the role that compares",
	"drift.yml compare issues":          "keeps the issue",
}

func TestWorkflowsAskForNothingMore(t *testing.T) {
	used := map[string]bool{}
	for _, w := range workflows(t) {
		for right, level := range w.Permissions {
			assert.Equal(t, "read", level, "%s: %s for every job", w.file, right)
		}
		assert.Contains(t, w.text, "\npermissions:", "%s: without the line the token may do what the repository's settings say", w.file)
		for name, job := range w.Jobs {
			for right, level := range job.Permissions {
				if level == "read" {
					continue
				}
				key := strings.Join([]string{w.file, name, right}, " ")
				assert.Contains(t, mayWrite, key)
				used[key] = true
			}
		}
	}
	for key := range mayWrite {
		assert.True(t, used[key], "%s: allowed here and not asked for", key)
	}
}

var pinned = regexp.MustCompile(`^[a-z-]+/[a-z-]+(/[a-z-]+)?@[0-9a-f]{40}$`)

func TestActionsArePinned(t *testing.T) {
	commented := regexp.MustCompile(`uses: \S+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+\n`)
	for _, w := range workflows(t) {
		count := 0
		for _, job := range w.Jobs {
			for _, step := range job.Steps {
				if step.Uses != "" {
					count++
					assert.Regexp(t, pinned, step.Uses, w.file)
				}
				if strings.HasPrefix(step.Uses, "actions/checkout@") {
					assert.Equal(t, "false", step.With["persist-credentials"], "%s leaves its token to the steps that follow", w.file)
				}
			}
		}
		assert.Len(t, commented.FindAllString(w.text, -1), count, "%s: each pin says its version", w.file)
	}
}

// TestNothingIsInterpolated keeps what people and pull requests write out of scripts: it comes as variables.
func TestNothingIsInterpolated(t *testing.T) {
	for _, w := range workflows(t) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				assert.NotContains(t, step.Run, "${{", "%s, %s: %s", w.file, name, step.Name)
			}
		}
		assert.NotContains(t, w.text, "skip-preview")
		assert.NotContains(t, w.text, "secrets.", "%s: no long-lived key is kept for a workflow", w.file)
	}
	scripts, err := filepath.Glob(filepath.Join(lab.Repository(t), ".ci", "*"))
	require.NoError(t, err)
	for _, script := range scripts {
		raw, err := os.ReadFile(script)
		require.NoError(t, err)
		assert.NotContains(t, string(raw), "skip-preview", script)
	}
}

// TestPullRequestsCannotReachCredentials: the jobs with a role run no cache that a pull request's job could have
// written, and the workflow that runs on the base branch runs no script of the pull request.
func TestPullRequestsCannotReachCredentials(t *testing.T) {
	for _, w := range workflows(t) {
		onBase := strings.Contains(strings.Join(w.triggers(), " "), "pull_request_target")
		assert.Equal(t, w.file == "preview.yml", onBase, "%s", w.file)
		for name, job := range w.Jobs {
			_, takesRole := job.Permissions["id-token"]
			for _, step := range job.Steps {
				cache := strings.HasPrefix(step.Uses, "actions/cache@") || (strings.HasPrefix(step.Uses, "actions/setup-go@") && step.With["cache"] != "false")
				restore := strings.HasPrefix(step.Uses, "actions/cache/restore@")
				if onBase {
					assert.False(t, cache, "%s, %s saves a cache of the base branch beside a pull request's program", w.file, name)
				}
				if takesRole && !onBase {
					assert.False(t, cache || restore, "%s, %s runs what a cache brings, with credentials", w.file, name)
				}
				if onBase && step.Run != "" {
					assert.True(t, strings.HasPrefix(step.Run, ".ci/"), "%s, %s runs %q", w.file, name, step.Run)
				}
				if onBase && strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["ref"] != "" {
					assert.Equal(t, "candidate", step.With["path"], "%s, %s: the pull request beside the base, never in its place", w.file, name)
				}
			}
			if takesRole && onBase {
				assert.NotEmpty(t, job.Environment, "%s, %s: a person looks before a role is taken", w.file, name)
			}
		}
	}
}

func TestLint(t *testing.T) {
	repository := lab.Repository(t)
	program := filepath.Join(t.TempDir(), "actionlint")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/rhysd/actionlint/cmd/actionlint")
	build.Dir = filepath.Join(repository, "tests", "tools", "actionlint")
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	said, err := build.CombinedOutput()
	require.NoError(t, err, string(said))
	lint := exec.CommandContext(t.Context(), program, "-shellcheck=", "-pyflakes=")
	lint.Dir = repository
	said, err = lint.CombinedOutput()
	require.NoError(t, err, string(said))
}

// onlyThere are the workflows' own steps that no machine but GitHub's or none without an AWS account can run.
var onlyThere = map[string]string{
	".ci/engine":             "downloads Pulumi's published plugins for AWS; the local cloud brings its own",
	".ci/run":                "is `make test`, of which this test is a part",
	"go test ./policies/...": "is a part of `make test`",
}

// run here: TestPreview, TestDeploy, TestTenant, TestDrift, TestDrill, TestComment, TestIssue and TestOutput, with the same arguments.
var runHere = []string{".ci/programs", ".ci/preview", ".ci/deploy", ".ci/tenant", ".ci/drift-step", ".ci/drill", ".ci/issue", ".ci/comment", ".ci/output", "chmod"}

// TestEveryStepIsKnown fails when a workflow runs something that no test here runs and nobody gave a reason for.
func TestEveryStepIsKnown(t *testing.T) {
	for _, w := range workflows(t) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				if step.Run == "" {
					continue
				}
				program, _, _ := strings.Cut(step.Run, " ")
				_, excused := onlyThere[step.Run]
				assert.True(t, excused || slices.Contains(runHere, program), fmt.Sprintf("%s, %s: nothing here runs %q", w.file, name, step.Run))
				if strings.HasPrefix(program, ".ci/") {
					info, err := os.Stat(filepath.Join(lab.Repository(t), program))
					if assert.NoError(t, err) {
						assert.NotZero(t, info.Mode()&0o111, "%s may be run", program)
					}
				}
			}
		}
	}
}
