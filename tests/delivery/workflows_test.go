package delivery

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// mayWrite are the rights that a job's token has beyond reading what is public, each with what needs it.
var mayWrite = map[string]string{
	"preview.yml aws id-token":              "takes the role that reads",
	"preview.yml comment pull-requests":     "writes the comment",
	"preview.yml comment-aws pull-requests": "writes the comment again",
	"deploy.yml plan-prod id-token":         "takes the role that reads",
	"deploy.yml deploy-dev id-token":        "takes the role that deploys",
	"deploy.yml deploy-prod id-token":       "takes the role that deploys",
	"tenant.yml change id-token":            "takes the tenants' role",
	"tenant.yml archive id-token":           "takes the tenants' role",
	"tenant.yml offboard id-token":          "takes the tenants' role",
	"drift.yml compare id-token":            "takes the role that compares",
	"drift.yml tell issues":                 "keeps the issue",
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

var (
	pinned    = regexp.MustCompile(`^[a-z-]+/[a-z-]+(/[a-z-]+)?@[0-9a-f]{40}$`)
	commented = regexp.MustCompile(`uses: \S+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+\n`)
)

func TestActionsArePinned(t *testing.T) {
	own := actions(t)
	check := func(file, text string, steps []step) {
		count := 0
		for _, step := range steps {
			if step.Uses != "" && !strings.HasPrefix(step.Uses, "./") {
				count++
				assert.Regexp(t, pinned, step.Uses, file)
			}
			if strings.HasPrefix(step.Uses, "./") {
				assert.Contains(t, own, step.Uses, "%s: only what stands in this repository", file)
			}
			if strings.HasPrefix(step.Uses, "actions/checkout@") {
				assert.Equal(t, "false", step.With["persist-credentials"], "%s leaves its token to the steps that follow", file)
			}
		}
		assert.Len(t, commented.FindAllString(text, -1), count, "%s: each pin says its version", file)
	}
	all := workflows(t)
	for _, w := range all {
		var steps []step
		for _, job := range w.Jobs {
			steps = append(steps, job.Steps...)
			if file, own := strings.CutPrefix(job.Uses, "./.github/workflows/"); job.Uses != "" && assert.True(t, own, job.Uses) {
				assert.Contains(t, all[file].triggers(), "workflow_call", "%s uses %s", w.file, file)
			}
		}
		check(w.file, w.text, steps)
	}
	for _, a := range own {
		check(a.file, a.text, a.Runs.Steps)
		for _, step := range a.Runs.Steps {
			assert.Equal(t, step.Run != "", step.Shell == "bash", "%s: each command says its shell", a.file)
		}
	}
}

// TestNothingIsInterpolated keeps what people and pull requests write out of scripts: it comes as variables.
func TestNothingIsInterpolated(t *testing.T) {
	own := actions(t)
	for _, w := range workflows(t) {
		for name, job := range w.Jobs {
			for _, step := range job.steps(t, own) {
				assert.NotContains(t, step.Run, "${{", "%s, %s: %s", w.file, name, step.Name)
			}
		}
		assert.NotContains(t, w.text, "skip-preview")
		assert.NotContains(t, w.text, "secrets.", "%s: no long-lived key is kept for a workflow", w.file)
		assert.NotContains(t, w.text, "|| vars.", "%s: a variable that is missing would be another environment's", w.file)
	}
	scripts, err := filepath.Glob(filepath.Join(testcloud.Repository(t), ".ci", "*"))
	require.NoError(t, err)
	for _, script := range scripts {
		raw, err := os.ReadFile(script)
		require.NoError(t, err)
		assert.NotContains(t, string(raw), "skip-preview", script)
	}
}

// onMainAlone is the condition under which a cache may be saved.
const onMainAlone = "github.event_name != 'pull_request' && github.ref == 'refs/heads/main' && "

// TestPullRequestsCannotReachCredentials: a job with a role uses nothing that comes from a cache, nor does a job whose
// programs it runs, unless a person has looked; caches are saved by the tests of main alone; and the workflow that runs
// on the base branch runs no script of the pull request.
func TestPullRequestsCannotReachCredentials(t *testing.T) {
	own := actions(t)
	for _, w := range workflows(t) {
		onBase := slices.Contains(w.triggers(), "pull_request_target")
		assert.Equal(t, w.file == "preview.yml", onBase, "%s", w.file)
		restores := map[string]bool{}
		for name, job := range w.Jobs {
			for _, step := range job.steps(t, own) {
				assert.False(t, strings.HasPrefix(step.Uses, "actions/cache@"), "%s, %s saves a cache whatever it ran", w.file, name)
				if strings.HasPrefix(step.Uses, "actions/setup-go@") {
					assert.Equal(t, "false", step.With["cache"], "%s, %s saves a cache whatever it ran", w.file, name)
				}
				if strings.HasPrefix(step.Uses, "actions/cache/save@") {
					assert.Equal(t, "test.yml", w.file, "one place saves caches")
					assert.True(t, strings.HasPrefix(step.If, onMainAlone), "%s, %s: %s", w.file, name, step.If)
				}
				restores[name] = restores[name] || strings.HasPrefix(step.Uses, "actions/cache/restore@")
				if onBase && step.Run != "" {
					assert.True(t, strings.HasPrefix(step.Run, ".ci/"), "%s, %s runs %q", w.file, name, step.Run)
				}
				if onBase && strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["ref"] != "" {
					assert.Equal(t, "candidate", step.With["path"], "%s, %s: the pull request beside the base, never in its place", w.file, name)
				}
			}
		}
		for name, job := range w.Jobs {
			if _, takesRole := job.Permissions["id-token"]; !takesRole {
				continue
			}
			if onBase {
				assert.NotEmpty(t, job.Environment, "%s, %s: a person looks before a role is taken", w.file, name)
				continue
			}
			for _, needed := range w.needed(name) {
				assert.False(t, restores[needed], "%s, %s: with credentials it runs what a cache brought to %s", w.file, name, needed)
			}
		}
	}
}

// TestVariablesComeFirst: nothing is asked of AWS before every variable is there.
func TestVariablesComeFirst(t *testing.T) {
	own := actions(t)
	for _, w := range workflows(t) {
		for name, job := range w.Jobs {
			if _, takesRole := job.Permissions["id-token"]; !takesRole {
				continue
			}
			steps := job.steps(t, own)
			checks := slices.IndexFunc(steps, func(s step) bool { return strings.HasPrefix(s.Run, ".ci/place ") })
			takes := slices.IndexFunc(steps, func(s step) bool { return strings.HasPrefix(s.Uses, "aws-actions/configure-aws-credentials@") })
			assert.True(t, 0 <= checks && checks < takes, "%s, %s", w.file, name)
			environ := maps.Clone(w.Env)
			if environ == nil {
				environ = map[string]string{}
			}
			maps.Copy(environ, job.Env)
			for _, variable := range []string{"AWS_REGION", "DEV_ACCOUNT", "DEV_BACKEND", "PROD_ACCOUNT", "PROD_BACKEND"} {
				assert.Equal(t, "${{ vars."+variable+" }}", environ[variable], "%s, %s", w.file, name)
			}
		}
	}
}

// TestOnlyTestedCommitsAreDeployed holds the order of a deployment, and that each stack is changed by one run at a time
// without making others wait.
func TestOnlyTestedCommitsAreDeployed(t *testing.T) {
	all := workflows(t)
	deploy := all["deploy.yml"]
	assert.Equal(t, "./.github/workflows/test.yml", deploy.Jobs["test"].Uses)
	assert.Equal(t, "./.github/workflows/policy.yml", deploy.Jobs["policy"].Uses)
	assert.Subset(t, deploy.needed("deploy-dev"), []string{"test", "policy", "build"})
	assert.Subset(t, deploy.needed("deploy-prod"), []string{"plan-prod", "deploy-dev"})
	assert.Empty(t, deploy.Concurrency.Group, "a run that waits for prod's approval holds up dev")
	for _, environment := range []string{"dev", "prod"} {
		job := deploy.Jobs["deploy-"+environment]
		assert.Equal(t, "stack-"+environment, job.Concurrency.Group)
		assert.Equal(t, environment, job.Environment)
	}
	for _, file := range []string{"test.yml", "policy.yml"} {
		assert.Contains(t, all[file].Concurrency.Group, "|| github.run_id", "%s: no run of main ends another's", file)
	}
}

// TestWhatIsCancelledSettles: a step that changes a stack is one process, which hears of signals, and is followed by one that
// tells what it left.
func TestWhatIsCancelledSettles(t *testing.T) {
	count := 0
	for _, w := range workflows(t) {
		for name, job := range w.Jobs {
			for i, step := range job.Steps {
				if !strings.Contains(step.Run, ".ci/deploy apply") && !strings.Contains(step.Run, ".ci/tenant") {
					continue
				}
				count++
				assert.True(t, strings.HasPrefix(step.Run, "exec "), "%s, %s: the shell would keep the signal to itself", w.file, name)
				if assert.Less(t, i+1, len(job.Steps), "%s, %s", w.file, name) {
					next := job.Steps[i+1]
					assert.Equal(t, "(cancelled() || failure()) && steps."+step.ID+".outcome != 'skipped'", next.If, "%s, %s", w.file, name)
					assert.True(t, strings.HasPrefix(next.Run, ".ci/settle "), "%s, %s", w.file, name)
				}
			}
		}
	}
	assert.Equal(t, 5, count)
}

// TestTheRequiredCheckIsNeverSkipped: GitHub takes a required check that is skipped for one that passed, so the preview fails
// when what it needs has failed.
func TestTheRequiredCheckIsNeverSkipped(t *testing.T) {
	assert.Equal(t, "always()", workflows(t)["preview.yml"].Jobs["local"].If)
}

func TestLint(t *testing.T) {
	repository := testcloud.Repository(t)
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
	".ci/plugins":            "downloads Pulumi's published plugins for AWS; the local cloud brings its own",
	".ci/run":                "is `make test`, of which this test is a part",
	"make runbooks":          "is a test of its own, which takes half an hour",
	"go test ./policies/...": "is a part of `make test`",
}

// runHere are the scripts of the steps that tests here run, each with the test.
var runHere = map[string]string{
	".ci/programs": "programs", ".ci/packages": "TestPackages", ".ci/drill": "TestDrill",
	".ci/program": "TestPreview", ".ci/preview": "TestPreview", ".ci/engine": "TestPreview",
	".ci/output": "TestOutput", ".ci/comment": "TestComment", ".ci/issue": "TestIssue", ".ci/latest": "TestLatest",
	// With the steps' own words and variables, as they stand in the workflows:
	".ci/place": "TestEnvironment", ".ci/pack": "TestEnvironment", ".ci/unpack": "TestEnvironment", ".ci/deploy": "TestEnvironment",
	".ci/settle": "TestEnvironment",
	".ci/tenant": "TestEnvironment", ".ci/drift-step": "TestEnvironment",
}

// sources are the texts of the tests here.
func sources(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(raw)
	}
	return all.String()
}

// TestEveryStepIsKnown fails when a workflow runs something that no test here runs and nobody gave a reason for.
func TestEveryStepIsKnown(t *testing.T) {
	own, used := actions(t), map[string]bool{}
	for _, w := range workflows(t) {
		for name, job := range w.Jobs {
			for _, step := range job.steps(t, own) {
				if step.Run == "" {
					continue
				}
				program, _, _ := strings.Cut(strings.TrimPrefix(step.Run, "exec "), " ")
				_, excused := onlyThere[step.Run]
				_, known := runHere[program]
				assert.True(t, excused || known, "%s, %s: nothing here runs %q", w.file, name, step.Run)
				used[program], used[step.Run] = true, true
				if strings.HasPrefix(program, ".ci/") {
					info, err := os.Stat(filepath.Join(testcloud.Repository(t), program))
					if assert.NoError(t, err) {
						assert.NotZero(t, info.Mode()&0o111, "%s may be run", program)
					}
				}
			}
		}
	}
	tests := sources(t)
	for program, test := range runHere {
		assert.True(t, used[program], "%s: no workflow runs it", program)
		assert.Contains(t, tests, "\nfunc "+test+"(", "what runs %s", program)
	}
	for program := range maps.Keys(onlyThere) {
		assert.True(t, used[program], "%s: no workflow runs it", program)
	}
}
